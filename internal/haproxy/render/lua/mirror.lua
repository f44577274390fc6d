-- Sends a copy of a request to another service. The request itself goes on at once: the copy has a task of its own, and
-- nothing that happens to it is told to anybody. What is more than a thread can have on its way is not copied.

local max_copies = 64
local copies = 0

-- What the client did not send: a copy is what came.
local ours = { ["x-request-id"] = true, ["x-forwarded-for"] = true }

local function copy(txn, service, with_body)
    local method = txn:get_var("txn.copy_method") or "GET"
    local head = txn:get_var("txn.copy_head") or ""
    local lower = "\n" .. head:lower()
    local length = tonumber(lower:match("\ncontent%-length:%s*(%d+)"))
    local body = ""
    if with_body then
        if not length and (lower:find("\ntransfer-encoding:", 1, true) or method == "POST" or method == "PUT" or method == "PATCH") then
            return nil
        end
        length = length or 0
        body = length > 0 and hawser.body(txn) or ""
        if #body ~= length then
            return nil
        end
    end
    local lines = hawser.headers(head, ours)
    if length and length > 0 then
        lines[#lines + 1] = "Content-Length: " .. #body .. "\r\n"
    end
    return table.concat({
        method, " ", hawser.encoded(txn:get_var("txn.mirror_uri") or "/", "[%c \127-\255]"), " HTTP/1.0\r\n",
        "Host: ", hawser.encoded(txn:get_var("txn.mirror_host") or "", "[%c ]"), "\r\nX-Hawser-Service: ", service, "\r\nConnection: close\r\n",
        table.concat(lines), "\r\n", body,
    })
end

-- The answer is read, as far as it is not endless, so that the service can finish it.
local function send(path, text, seconds)
    local socket = hawser.exchange(path, text, seconds)
    if not socket then
        return
    end
    for _ = 1, 1024 do
        if not socket:receive(8192) then
            break
        end
    end
    socket:close()
end

core.register_action("hawser_mirror", { "http-req" }, function(txn, service, body, seconds)
    local path = txn:get_var("proc.hawser_inner")
    local text = copies < max_copies and copy(txn, service, body == "with")
    if not text then
        return
    end
    copies = copies + 1
    core.register_task(function()
        pcall(send, path, text, tonumber(seconds))
        copies = copies - 1
    end)
end, 3)
