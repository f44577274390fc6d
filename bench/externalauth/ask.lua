-- Three ways to ask, with the same work before and after. The measured configuration sets INNER and AGENT.
local function headers(txn, add)
  for name, values in pairs(txn.http:req_get_headers()) do
    if name ~= "host" and name ~= "connection" then
      for i = 0, #values do
        if values[i] then add(name, values[i]) end
      end
    end
  end
end

local function socket(path)
  return function(txn)
    local s = core.tcp()
    s:settimeout(5)
    if not s:connect(path) then return end
    local out = {"GET ", txn:get_var("txn.uri"), " HTTP/1.1\r\nhost: auth\r\n"}
    headers(txn, function(name, value) out[#out + 1] = name .. ": " .. value .. "\r\n" end)
    out[#out + 1] = "\r\n"
    local line = s:send(table.concat(out)) and s:receive("*l")
    local status = line and line:match("^HTTP/1%.1 (%d%d%d)")
    while line and line ~= "" do
      local name, value = line:match("^([^:]+): ?(.*)$")
      if name and name:lower() == "x-auth-user" then txn:set_var("txn.user", value) end
      line = s:receive("*l")
    end
    s:close()
    if status then txn:set_var("txn.auth", status) end
  end
end

core.register_action("inner", {"http-req"}, socket(os.getenv("INNER")))
core.register_action("agent", {"http-req"}, socket(os.getenv("AGENT")))
core.register_action("client", {"http-req"}, function(txn)
  local all = {host = {"auth"}}
  headers(txn, function(name, value)
    all[name] = all[name] or {}
    table.insert(all[name], value)
  end)
  local r = core.httpclient():get{url = "http://" .. os.getenv("SERVICE") .. txn:get_var("txn.uri"), headers = all, timeout = 5000}
  if not r or not r.status then return end
  local user = r.headers and r.headers["x-auth-user"]
  if user then txn:set_var("txn.user", user[0] or user[1]) end
  txn:set_var("txn.auth", tostring(r.status))
end)
