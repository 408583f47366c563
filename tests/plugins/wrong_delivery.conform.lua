-- The carrier of wrong_delivery: one key is one parcel.
served = { country = "BG", city = "София", postcode = "1000" }
capacity = 4

local by_key, list, count = {}, {}, 0

function peer(request)
    local said = json_decode(request.body)
    if not by_key[said.key] then
        count = count + 1
        list[#list + 1] = { key = said.key, tracking = "VAN" .. count }
        by_key[said.key] = "VAN" .. count
    end
    return { status = 200, body = { tracking = by_key[said.key] } }
end

function parcels() return list end

function webhook(state, parcel, at)
    return { path = "/hooks/wrong_delivery/event",
             body = json_encode({ state = state, tracking = parcel.tracking, event = parcel.event, at = at }) }
end
