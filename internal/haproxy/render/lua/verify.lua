-- Asks Hawser whether a name and a password are those of a user.
--
-- It is called for credentials that this process has not seen before; what comes back is remembered by the
-- configuration. The answer is "yes", "once" (do not remember it), "no", or "fail", which lets nobody in. Waiting for it
-- costs other requests nothing: sockets of Lua yield.

local timeout = 15 -- seconds

local function exchange(path, line)
    local socket = core.tcp()
    socket:settimeout(timeout)
    if not socket:connect("unix@" .. path) then
        return nil
    end
    local answer = nil
    if socket:send(line) then
        answer = socket:receive("*l")
    end
    socket:close()
    return answer
end

core.register_action("hawser_verify", { "http-req" }, function(txn, list)
    local answer = nil
    local path = txn:get_var("proc.hawser_agent")
    local version = txn:get_var("txn.users")
    local credentials = txn:get_var("txn.credentials")
    if path ~= nil and version ~= nil and credentials ~= nil then
        answer = exchange(path, list .. " " .. version .. " " .. txn.c:base64(credentials) .. "\n")
    end
    txn:set_var("txn.verdict", answer or "fail")
end, 1)
