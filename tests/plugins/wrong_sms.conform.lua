-- The gateway of wrong_sms: one key is one message. Who sends is known once the job has run.
jobs = { "fetch" }

local list, by_key = {}, {}

function peer(request)
    local said = json_decode(request.body)
    if request.decline or said.from ~= "Shop" then return { status = 422, body = {} } end
    if not by_key[said.key] then
        list[#list + 1] = { recipient = said.to, subject = "", text = said.text, html = "", id = "m" .. #list }
        by_key[said.key] = list[#list]
    end
    return { status = 202, body = { id = by_key[said.key].id } }
end

function sent() return list end
