-- Counts a body whose length was not announced, and ends the request when it is longer than its route allows.
--
-- A filter costs some 4 to 8 microseconds even if it has nothing to do, so only backends that count have it. A request that
-- is to be counted says so in the last rule of its frontend, right before the backend is chosen: what is made in
-- between belongs to it. That it does is asked for again before anything is counted.

local announced = false

local Body = {}
Body.__index = Body
Body.id = "bodies without a length"
Body.flags = filter.FLT_CFG_FL_HTX

function Body:new()
    if not announced then
        return nil
    end
    announced = false
    return setmetatable({ size = 0, limit = self.limit }, Body)
end

function Body:start_analyze(txn, channel)
    if not channel:is_resp() and txn:get_var("txn.unmeasured") then
        filter.register_data_filter(self, channel)
    end
end

function Body:http_payload(txn, message)
    if message.channel:is_resp() then
        return
    end
    local size = message:input() -- with a byte for the end of chunks, so that the bytes themselves decide
    if self.size + size > self.limit then
        size = #(message:body() or "")
    end
    self.size = self.size + size
    if self.size > self.limit then
        txn:set_var("txn.oversize", "1")
        error("a body without a length is longer than its route allows", 0) -- the only way to end a request from here
    end
end

core.register_filter("hawser_body", Body, function(class, args)
    class.limit = tonumber(args[1])
    return class
end)

core.register_action("hawser_measure", { "http-req" }, function(txn)
    txn:set_var("txn.unmeasured", "1")
    announced = true
end)
