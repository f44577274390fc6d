-- What the programs share that send a request of their own through HAProxy's inner frontend, which knows the services.
-- Sockets of Lua yield, so that waiting costs other requests nothing.

hawser = {}

-- What belongs to the connection or the body, and what only the controller may say. X-Hawser-Service chooses the service.
local dropped = {}
for name in ([[host connection content-length transfer-encoding te trailer upgrade expect keep-alive proxy-connection
    x-forwarded-host x-forwarded-port x-forwarded-proto x-forwarded-scheme x-scheme x-real-ip x-original-forwarded-for
    x-original-forwarded-host x-hawser-service]]):gmatch("%S+") do
    dropped[name] = true
end

-- A variable may hold bytes that end a line or a request target.
function hawser.encoded(text, pattern)
    return (text:gsub(pattern, function(c) return ("%%%02X"):format(c:byte()) end))
end

-- The head of the request that was kept, as lines, without what is dropped and what is in the table `ours`.
-- The second result is its Host.
function hawser.headers(head, ours)
    local out, host = {}, ""
    for name, value in head:gmatch("([^\r\n:]+):[ \t]*([^\r\n]*)\r?\n") do
        local lower = name:lower()
        if lower == "host" then
            host = value
        elseif not dropped[lower] and not ours[lower] and lower:sub(1, 11) ~= "ssl-client-" then
            out[#out + 1] = name .. ": " .. value .. "\r\n"
        end
    end
    return out, host
end

-- The body that was kept, if all of it was.
function hawser.body(txn)
    local body, head = txn:get_var("txn.copy_body"), txn:get_var("txn.copy_head") or ""
    local length = head:lower():match("\ncontent%-length:%s*(%d+)") or head:lower():match("^content%-length:%s*(%d+)")
    return body and #body == tonumber(length) and body or nil
end

-- Sends a request and returns the socket behind the head of the answer, the status and the lines of the head; nothing
-- if there is no answer. The request is HTTP/1.0, so that the answer ends with the connection.
function hawser.exchange(path, text, seconds)
    local socket = core.tcp()
    socket:settimeout(seconds)
    if not path or not socket:connect(path) then
        return nil
    end
    local status, lines
    if socket:send(text) then
        repeat -- informational answers come before the one that counts
            local line = socket:receive("*l")
            status, lines = line and tonumber(line:match("^HTTP/1%.[01] (%d%d%d)")), {}
            line = status and socket:receive("*l")
            while line and line ~= "" do
                lines[#lines + 1] = line
                line = socket:receive("*l")
            end
            status = line and status
        until not status or status >= 200
    end
    if not status then
        socket:close()
        return nil
    end
    return socket, status, lines
end
