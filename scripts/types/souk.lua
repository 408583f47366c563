---@meta
-- What rules may say and see, for the Lua language server (and for you). Nothing here is run.
-- Amounts are integers in minor units of the shop's currency (1250 is 12.50): write money "12.50".
-- Times are texts ("2026-11-27", "2026-11-27T18:00:00+02:00"; a date alone is midnight in the shop's zone); `from` is included, `to` is not.

---@class souk.filter which lines; all that are given must match, none given means every line
---@field skus? string[]
---@field products? string[] keys of products (a variant's parent)
---@field categories? string[] any of them; a line counts for the ancestors of its categories too
---@field price_from? integer unit price after catalogue promotions, inclusive
---@field price_to? integer

---@class souk.when declared conditions: all must hold, tested once, when the promotion's turn comes, on the running totals
---@field items_total_at_least? integer|{amount: integer, basis?: "running"|"original"}
---@field cart_quantity_at_least? integer
---@field line_quantity_at_least? integer
---@field contains_product? string[]|{skus: string[], quantity?: integer} skus or keys of products
---@field contains_category? string[]|{categories: string[], quantity?: integer}
---@field category_total_at_least? {category: string, amount: integer, basis?: "running"|"original"}
---@field customer_group_in? string[]
---@field customer_id_in? string[]
---@field nth_order? integer 1 is the first; known customers only
---@field delivery_method_in? string[]
---@field currency_in? string[]
---@field country_in? string[]
---@field postcode_in? string[] "1000", "1000-1999", "10*"
---@field weekday_in? string[] "mon" … "sun" in the shop's zone
---@field hours? {from: string, to: string} "17:00" to "19:00" in the shop's zone; may cross midnight
---@field orders_at_least? integer earlier orders that were not cancelled
---@field spent_at_least? integer what earlier orders came to, less what went back
---@field guest? boolean
---@field since? {event: "registered"|"first_order"|"last_order"|"lead", hours?: integer, days?: integer} at most so long ago: a personal timer kept by the shop

---@alias souk.condition souk.when|fun(cart: souk.cart): boolean, string? a function sees the cart at catalogue prices; its second value says why

---@class souk.give one action; write a list of them for several, they run in order
---@field line_percent? {percent: number, filter?: souk.filter, base?: "unit_price"|"remaining", max_quantity?: integer} rounded half up once a line
---@field unit_fixed? {amount: integer, filter?: souk.filter, max_quantity?: integer} off every unit (in a catalogue promotion: off the unit price)
---@field line_fixed? {amount: integer, filter?: souk.filter}
---@field order_percent? {percent: number, filter?: souk.filter, cap?: integer}
---@field order_fixed? {amount: integer, filter?: souk.filter}
---@field order_fixed_price? {amount: integer, filter?: souk.filter} matching lines together cost this: a bundle
---@field delivery_percent? {percent: number, base?: "original"|"remaining", methods?: string[]}
---@field delivery_fixed? {amount: integer, allocation?: "each"|"across", methods?: string[]}
---@field buy_get? {buy: souk.filter, buy_quantity: integer, get: souk.filter, get_quantity: integer, percent?: number, amount?: integer, pick?: "cheapest"|"most_expensive", max_get_quantity?: integer, repeats?: boolean} a unit is used once; pick defaults to cheapest, repeats to true
---@field cheapest_units? {quantity: integer, percent?: number, amount?: integer, filter?: souk.filter}
---@field unit_groups? {group_size: integer, percent?: number, amount?: integer, by?: "items_total"|"quantity", base_percent?: number, tiers?: souk.tier[], filter?: souk.filter} units in full groups; tiers count by default from what the items come to, by = "quantity" from the units in full groups
---@field tiered_percent? {by: "items_total"|"quantity", base_percent?: number, tiers: souk.tier[], filter?: souk.filter}
---@field tiered_fixed? {by: "items_total"|"quantity", base?: integer, tiers: souk.tier[], filter?: souk.filter}
---@field first_additional? {first: integer, additional: integer, max_items?: integer, filter?: souk.filter}
---@field add_gift? {sku: string, unit_price?: integer, quantity?: integer, per?: souk.filter} unit_price only where the catalogue does not know the sku
---@field unit_percent? {percent: number, filter?: souk.filter} catalogue promotions only

---@class souk.tier
---@field min integer
---@field percent? number
---@field amount? integer

---@class souk.coupon
---@field code? string
---@field codes? string[]
---@field batch? string codes made by `souk promo codes generate`
---@field to? string
---@field uses? integer of each code
---@field per_customer? integer
---@field again_after_cancel? boolean default true: a cancelled order gives the use back

---@class souk.promotion
---@field id string unique: on orders and in reports for ever
---@field name? string what shoppers read
---@field kind? "cart"|"catalogue" default "cart"; a catalogue promotion changes unit prices wherever they are shown
---@field enabled? boolean
---@field from? string
---@field to? string
---@field priority? number higher first; without one: gift 400, line 300, order 200, delivery 100, by the first action
---@field exclusive? boolean the first eligible one applies alone
---@field group? string see group {}
---@field coupon? string|souk.coupon
---@field limits? {uses?: integer, per_customer?: integer}
---@field budget? {amount?: integer, uses?: integer} all or nothing for an order
---@field segments? string[] stages or groups of customers
---@field channels? string[]
---@field holdout? number percent of customers who never get it, so that its effect can be measured
---@field skip_reduced? boolean leave out lines that a catalogue promotion made cheaper
---@field nudge? string own words; "{missing}" is what is missing
---@field when? souk.condition|souk.condition[]
---@field give souk.give|souk.give[]|fun(cart: souk.cart): souk.give|souk.give[]|nil

---@param promotion souk.promotion
function promotion(promotion) end

--- How promotions with the same `group` combine. Without one they stack.
---@param group {name: string, mode: "stack"|"first"|"best"|"best_per_line"}
function group(group) end

---@class souk.offer a rule of scripts/upsell
---@field id string
---@field name? string
---@field enabled? boolean
---@field slot "product"|"cart"|"bump"|"after"|"thanks" bump: a box to tick at the checkout; after: when the order stands, before the thanks
---@field skus? string[] the first that can be had and is not in the cart
---@field quantity? integer
---@field text? string why, in the shopper's words
---@field minutes? integer how long the price is kept, default 30
---@field from? string
---@field to? string
---@field priority? number
---@field holdout? number
---@field when? souk.condition|souk.condition[]
---@field give? souk.give|souk.give[] applied to the offered line alone; nothing: at its usual price
---@field choose? fun(cart: souk.cart): {sku: string, quantity?: integer, text?: string, give?: souk.give|souk.give[]}|nil

---@param offer souk.offer
function upsell(offer) end

--- A test, in a file *_test.lua beside the rules; run by `souk promo test`. `only`: these rules alone, switched on or not; without it
--- those that are on. `expect` names fields of the quote (see `souk quote --json`): totals, lines by sku, applied ids, coupons.
---@param test {name: string, only?: string[], cart: table, at?: string, expect: table}
function test(test) end

---@class souk.line
---@field id string
---@field sku string
---@field product string
---@field name string
---@field categories string[]
---@field quantity integer
---@field unit_price integer
---@field original_price integer
---@field total integer
---@field cost? integer
---@field weight? integer grams of one

---@class souk.customer
---@field id string
---@field group string
---@field guest boolean
---@field segments string[]
---@field orders integer earlier ones that stand
---@field orders_cancelled integer
---@field spent integer

---@class souk.cart at catalogue prices; reading is free, changing it fails the rule
---@field currency string
---@field channel string
---@field locale string
---@field country string
---@field postcode string
---@field items_total integer
---@field quantity integer
---@field lines souk.line[]
---@field delivery {method: string, amount: integer}[]
---@field coupons string[]
---@field customer? souk.customer nil: nobody known
---@field now {unix: integer, year: integer, month: integer, day: integer, hour: integer, minute: integer, weekday: string} in the shop's zone
---@field slot? string of an offer
---@field product? string key of the product that is looked at

--- Minor units of the shop's currency: money "12.50" is 1250 in euros.
---@param amount string
---@return integer
function money(amount) end
--- A percentage of an amount, rounded half up.
---@param amount integer
---@param percent number
---@return integer
function percent_of(amount, percent) end
--- An amount in so many parts that sum up to it, the first ones take the rest.
---@param amount integer
---@param parts integer
---@return integer[]
function split(amount, parts) end
--- At most 20 lines of 200 bytes an evaluation, shown by `souk promo explain`.
function log(...) end
