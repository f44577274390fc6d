-- Keeps answers of authentication services: verdicts with the headers that belong to them, never cookies.
--
-- All threads share it, so that an answer counts for every connection. It holds at most twice `limit` answers: when the
-- young ones reach the limit, they become the old ones, and those are forgotten.

local limit = 5000
local max_size = 8192 -- bytes of headers; longer answers are not kept

local young, old, count = {}, {}, 0

local function store(key, entry)
    if count >= limit then
        old, young, count = young, {}, 0
    end
    if not young[key] then
        count = count + 1
    end
    young[key] = entry
end

local function read(txn, prefix)
    local out, size = {}, 0
    for i = 1, 64 do
        local value = txn:get_var(prefix .. i)
        if value then
            out[i] = value
            size = size + #value
        end
    end
    return out, size
end

core.register_action("hawser_recall", { "http-req" }, function(txn)
    local key = txn:get_var("txn.ask_key")
    local entry = key and (young[key] or old[key])
    if not entry or entry.ends <= core.now().sec then
        return
    end
    for i, value in pairs(entry.got) do
        txn:set_var("txn.got_" .. i, value)
    end
    for i, value in pairs(entry.challenge) do
        txn:set_var("txn.challenge" .. i, value)
    end
    txn:set_var("txn.asked", entry.asked)
end)

-- times is "200=300,401=300": seconds by status, "any" for every other; the first that fits counts.
core.register_action("hawser_keep", { "http-req" }, function(txn, times)
    local key, status, keep = txn:get_var("txn.ask_key"), txn:get_var("txn.ask_status"), txn:get_var("txn.ask_keep")
    local asked = txn:get_var("txn.asked")
    if not key or not status or keep == "no" or asked == "fail" then
        return
    end
    local seconds = tonumber(keep)
    if not seconds then
        for of, time in times:gmatch("(%w+)=(%d+)") do
            if of == status or of == "any" then
                seconds = tonumber(time)
                break
            end
        end
    end
    if not seconds or seconds <= 0 then
        return
    end
    local got, size = read(txn, "txn.got_")
    local challenge, more = read(txn, "txn.challenge")
    if size + more <= max_size then
        store(key, { asked = asked, got = got, challenge = challenge, ends = core.now().sec + seconds })
    end
end, 1)
