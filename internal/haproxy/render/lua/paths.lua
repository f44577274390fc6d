-- Finds the regular expression of a host that the beginning of a path satisfies.
--
-- The table has one line for each expression: a number and the expression, with "%", blank and tab as %25, %20 and
-- %09. The expressions of a host are consecutive, in the order in which they are tried, so that a request costs as
-- much as its own host has expressions, however many there are of other hosts.
--
-- Every thread loads this file. The first one compiles every expression once, so that one that is broken ends the
-- start (and the check) of HAProxy. Later an expression is compiled when it is first asked for.

local table_file = "lua/paths.map"
local expressions = Map.new(table_file, Map._str)

local escapes = { ["%25"] = "%", ["%20"] = " ", ["%09"] = "\t" }

-- in any case, and anchored like a location of nginx: "^" holds for the first alternative
local function compile(text)
    return Regex.new("^" .. text:gsub("%%%d%d", escapes), false)
end

local by_text, by_number = {}, {}

local function expression(number)
    local text = expressions:lookup(tostring(number))
    if by_text[text] == nil then
        local ok, regex = compile(text)
        if not ok then
            error("expression " .. number .. ": " .. regex)
        end
        by_text[text] = regex
    end
    by_number[number] = by_text[text]
    return by_text[text]
end

if core.thread <= 1 then
    local seen = {}
    local number = 1
    local text = expressions:lookup("1")
    while text ~= nil do
        if not seen[text] then
            seen[text] = true
            local ok, message = compile(text)
            if not ok then
                error("line " .. number .. " of file '" .. table_file .. "': " .. message)
            end
        end
        number = number + 1
        text = expressions:lookup(tostring(number))
    end
end

-- "3:5/some/path" gives the number of the first of the expressions 3 to 5 that matches, or "0"
core.register_converters("hawser_path", function(input)
    local first, last, from = input:match("^(%d+):(%d+)()")
    local path = input:sub(from)
    for number = tonumber(first), tonumber(last) do
        local regex = by_number[number] or expression(number)
        if regex:exec(path) then
            return tostring(number)
        end
    end
    return "0"
end)

local function percent(char)
    return ("%%%02X"):format(char:byte())
end

-- encodes a path as nginx does before it sends one that was rewritten
core.register_converters("hawser_encode", function(path)
    return (path:gsub('[%z\1-\32"#%%<>?\\^`{|}\127-\255]', percent))
end)
