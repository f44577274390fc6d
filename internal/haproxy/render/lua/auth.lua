-- Asks an authentication service whether a request may pass.
--
-- The question goes to HAProxy's own inner frontend, which knows the services. Of the answer only the head is read, so
-- that a long body costs no memory. Waiting costs other requests nothing: sockets of Lua yield. The verdict is in
-- txn.asked: "yes", "401", "403", or "fail", which lets nobody in, like no verdict at all.

local max_cookies = 8
local max_challenges = 4

-- What belongs to the connection or the body, and what only the controller may say. X-Hawser-Service chooses the service.
local dropped = {}
for name in ([[host connection content-length transfer-encoding te trailer upgrade expect keep-alive proxy-connection
    x-forwarded-host x-forwarded-port x-forwarded-proto x-forwarded-scheme x-scheme x-original-forwarded-for
    x-original-uri x-hawser-service]]):gmatch("%S+") do
    dropped[name] = true
end

local function split(list)
    local out = {}
    for name in list:gmatch("[^,]+") do
        out[#out + 1] = name
    end
    return out
end

-- A variable may hold bytes that end a line or a request target: decoded paths do.
local function encoded(text, pattern)
    return (text:gsub(pattern, function(c) return ("%%%02X"):format(c:byte()) end))
end

local function question(txn, service, method, names)
    local out = {
        method, " ", encoded(txn:get_var("txn.ask_uri") or "/", "[%c \127-\255]"), " HTTP/1.1\r\n",
        "host: ", encoded(txn:get_var("txn.ask_host") or "", "[%c ]"), "\r\nx-hawser-service: ", service, "\r\nconnection: close\r\n",
    }
    local function add(name, value)
        out[#out + 1] = name .. ": " .. value .. "\r\n"
    end
    local ours = {}
    for i, name in ipairs(names) do
        local value = txn:get_var("txn.ask_" .. i) or ""
        ours[name] = true
        if value ~= "" then
            add(name, encoded(value, "[%z\1-\8\10-\31\127]"))
        end
    end
    for name, values in pairs(txn.http:req_get_headers()) do
        if not dropped[name] and not ours[name] then
            for i = 0, #values do
                if values[i] ~= nil then
                    add(name, values[i])
                end
            end
        end
    end
    out[#out + 1] = "\r\n"
    return table.concat(out)
end

-- Reads a head: the status and the values of each header.
local function head(socket)
    local line = socket:receive("*l")
    local status = line and tonumber(line:match("^HTTP/1%.1 (%d%d%d)"))
    if not status then
        return nil
    end
    local headers = {}
    line = socket:receive("*l")
    while line and line ~= "" do
        local name, value = line:match("^([^:]+):%s*(.-)%s*$")
        if not name then
            return nil
        end
        name = name:lower()
        headers[name] = headers[name] or {}
        table.insert(headers[name], value)
        line = socket:receive("*l")
    end
    return line and status, headers
end

local function exchange(path, text, seconds)
    local socket = core.tcp()
    socket:settimeout(seconds)
    if not path or not socket:connect(path) then
        return nil
    end
    local status, headers
    if socket:send(text) then
        repeat -- informational answers come before the one that counts
            status, headers = head(socket)
        until not status or status >= 200
    end
    socket:close()
    return status, headers
end

-- How long the answer itself says that it may be kept: "no", seconds, or nothing.
local function keep(headers)
    local control = table.concat(headers["cache-control"] or {}, ","):lower()
    local vary = table.concat(headers["vary"] or {}, ","):lower()
    if headers["set-cookie"] or control:find("no%-cache") or control:find("no%-store") or control:find("private")
        or vary ~= "" and vary ~= "accept-encoding" then
        return "no"
    end
    local accel = headers["x-accel-expires"]
    if accel then
        return accel[1]:match("^%d+$") or "no"
    end
    local age = control:match("max%-age=(%d+)")
    return age or headers["expires"] and "no" or ""
end

local function publish(txn, prefix, values, limit)
    for i = 1, math.min(#values, limit) do
        txn:set_var(prefix .. i, values[i])
    end
end

core.register_action("hawser_ask", { "http-req" }, function(txn, service, method, names, copied, seconds)
    txn:set_var("txn.asked", "fail")
    local text = question(txn, service, method, split(names))
    local status, headers = exchange(txn:get_var("proc.hawser_inner"), text, tonumber(seconds))
    if not status then
        return
    end
    local cookies = headers["set-cookie"] or {}
    if #cookies > max_cookies then
        txn:Alert("external authentication: " .. service .. " sends more than " .. max_cookies .. " cookies")
        return
    end
    publish(txn, "txn.cookie", cookies, max_cookies)
    txn:set_var("txn.ask_status", tostring(status))
    txn:set_var("txn.ask_keep", keep(headers))
    if status >= 200 and status < 300 then
        for i, name in ipairs(split(copied)) do
            local values = headers[name]
            if values then
                txn:set_var("txn.got_" .. i, table.concat(values, ", "))
            end
        end
        txn:set_var("txn.asked", "yes")
    elseif status == 401 then
        publish(txn, "txn.challenge", headers["www-authenticate"] or {}, max_challenges)
        txn:set_var("txn.asked", "401")
    elseif status == 403 then
        txn:set_var("txn.asked", "403")
    end
end, 5)
