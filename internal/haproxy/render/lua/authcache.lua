-- Keeps answers of authentication services: verdicts with the headers that belong to them, never cookies.
--
-- They are in a map, which all threads share, so that an answer counts for every connection. (2.6 can't call a program
-- of one Lua state from a request that has used another's, so the threads have no Lua table in common.) Each thread
-- removes what it put in when it has put in `limit` others since, so the map never has more than that times the threads.

local file = "lua/authcache.map"
local limit = 1024
local max_size = 8192 -- bytes; a longer answer is not kept

local answers = Map.new(file, Map._str)
local ring, at = {}, 0

local function escape(text)
    return (text:gsub("[^%w%-%._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

local function unescape(text)
    return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- An entry is when it ends, the verdict, and variables: "1700000000 yes got_1=alice challenge1=Basic".
core.register_action("hawser_recall", { "http-req" }, function(txn)
    local key = txn:get_var("txn.ask_key")
    local entry = key and answers:lookup(key)
    if not entry then
        return
    end
    local ends, asked, rest = entry:match("^(%d+) (%w+)(.*)$")
    if not ends or tonumber(ends) <= core.now().sec then
        return
    end
    for name, value in rest:gmatch(" ([%w_]+)=(%S*)") do
        txn:set_var("txn." .. name, unescape(value))
    end
    txn:set_var("txn.asked", asked)
end)

local function lifetime(times, status, keep)
    if keep == "no" then
        return 0
    end
    if tonumber(keep) then
        return tonumber(keep)
    end
    for of, time in times:gmatch("(%w+)=(%d+)") do
        if of == status or of == "any" then
            return tonumber(time)
        end
    end
    return 0
end

local function store(key, entry)
    at = at % limit + 1
    if ring[at] and ring[at] ~= key then
        core.del_map(file, ring[at])
    end
    ring[at] = key
    core.set_map(file, key, entry)
end

-- times is "200=300,401=300": seconds by status, "any" for every other; the first that fits counts. headers is how many
-- headers the backend gets.
core.register_action("hawser_keep", { "http-req" }, function(txn, times, headers)
    local key, status, asked = txn:get_var("txn.ask_key"), txn:get_var("txn.ask_status"), txn:get_var("txn.asked")
    if not key or not status or asked == "fail" then
        return
    end
    local seconds = lifetime(times, status, txn:get_var("txn.ask_keep"))
    if seconds <= 0 then
        return
    end
    local out = { string.format("%d %s", core.now().sec + math.min(seconds, 31536000), asked) }
    local function add(name)
        local value = txn:get_var("txn." .. name)
        if value then
            out[#out + 1] = name .. "=" .. escape(value)
        end
    end
    for i = 1, tonumber(headers) do
        add("got_" .. i)
    end
    for i = 1, 4 do
        add("challenge" .. i)
    end
    local entry = table.concat(out, " ")
    if #entry <= max_size then
        store(key, entry)
    end
end, 2)
