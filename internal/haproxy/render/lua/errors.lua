-- Asks a service about an answer that is an error, and gives the client what it says.
--
-- The request was kept in variables before it was sent on. If the service does not answer in time, or says more than
-- fits into a buffer, the program does nothing and the error stays.

local max_size = 36000 -- of head and body: HAProxy's buffer has 40960 bytes at least

local function question(txn, service, about)
    local uri = txn:get_var("txn.copy_uri") or "/"
    local method = txn:get_var("txn.copy_method") or "GET"
    local body = about[1][2] ~= "413" and hawser.body(txn) or ""
    local out, ours = { "", "" }, {}
    local function add(name, value)
        out[#out + 1] = name .. ": " .. hawser.encoded(value, "[%z\1-\8\10-\31\127]") .. "\r\n"
    end
    for _, header in ipairs(about) do
        ours[header[1]:lower()] = true
        if header[2] ~= "-" then
            add(header[1], header[2])
        end
    end
    local rest, host = hawser.headers(txn:get_var("txn.copy_head") or "", ours)
    out[1] = method .. " /" .. (uri:match("%?.*$") or "") .. " HTTP/1.0\r\n"
    out[2] = "Host: " .. host .. "\r\nConnection: close\r\nX-Hawser-Service: " .. service .. "\r\n"
    out[#out + 1] = table.concat(rest)
    if body ~= "" or method == "POST" or method == "PUT" or method == "PATCH" then
        add("Content-Length", tostring(#body))
    end
    return table.concat(out) .. "\r\n" .. body
end

local hop = { connection = true, ["keep-alive"] = true, ["transfer-encoding"] = true, ["content-length"] = true, ["proxy-connection"] = true }

local function fields(lines)
    local out, length = {}, nil
    for _, line in ipairs(lines) do
        local name, value = line:match("^([^:]+):%s*(.-)%s*$")
        name = name and name:lower()
        if name == "content-length" then
            length = tonumber(value)
        elseif name and not hop[name] then
            out[name] = out[name] or {}
            table.insert(out[name], value)
        end
    end
    return out, length
end

-- Reads to the end of the connection; nothing if there is too much, or less than was announced.
local function content(socket, length, room)
    if length and length > room then
        return nil
    end
    local want = length or room + 1
    local body, _, partial = socket:receive(want)
    body = body or partial or ""
    if length and #body < length or #body > room then
        return nil
    end
    return body
end

core.register_action("hawser_error", { "http-req", "http-res" }, function(txn, code, service, seconds, namespace, ingress, name, port)
    if code == "0" then
        code = tostring(txn.f:status())
    end
    local text = question(txn, service, {
        { "X-Code", code }, { "X-Format", txn:get_var("txn.copy_accept") or "-" }, { "X-Original-URI", txn:get_var("txn.copy_uri") or "/" },
        { "X-Namespace", namespace }, { "X-Ingress-Name", ingress }, { "X-Service-Name", name }, { "X-Service-Port", port },
    })
    local socket, status, lines = hawser.exchange(txn:get_var("proc.hawser_inner"), text, tonumber(seconds))
    if not socket then
        return
    end
    local headers, length = fields(lines)
    if not headers["x-hawser-answered"] then -- by HAProxy in place of the service
        socket:close()
        return
    end
    headers["x-hawser-answered"] = nil
    local head = txn:get_var("txn.copy_method") == "HEAD"
    local body = head and "" or content(socket, length, max_size - #table.concat(lines, "   "))
    socket:close()
    if not body then
        txn:Warning("custom-http-errors: what " .. service .. " says about " .. code .. " is cut off or too long")
        return
    end
    if head and length then
        headers["content-length"] = { tostring(length) }
    end
    local reply = txn:reply({ status = status, headers = headers })
    if body ~= "" then
        reply:set_body(body)
    end
    txn:done(reply)
end, 7)
