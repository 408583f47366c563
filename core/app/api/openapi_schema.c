/*
 * openapi_schema.c: the shapes of this interface. A new answer of the API gets its shape here; the
 * operations that have them stand in openapi_operation.c.
 */
#include "app/api/openapi.h"

#include "base/str.h"

static const struct {
    const char *name, *about, *members;
} shapes[] = {
    {"Money", "An amount in minor units (cents) of a currency.", "amount:int currency:string"},
    {"Image", "A picture in several widths.",
     "url:string srcset:string webp:string width:int height:int alt:string"},
    {"Offer",
     "Something offered besides, at a signed price. Amounts are minor units of \"currency\"; ends_at: a "
     "timer of the rule, kept by the shop; expires_at: how long the token is good.",
     "offer:string slot:string(product|cart|bump|after|thanks) title:string sku:string name:string "
     "options:string text:string quantity:int price:int price_before:int saving:int currency:string "
     "ends_at:time? url:string image:Image? expires_at:time token:string"},
    {"OfferTaken",
     "A line of the cart that came by an offer; active: it has the offer's price now.",
     "offer:string slot:string line:string sku:string name:string text:string quantity:int price:int "
     "price_before:int saving:int active:bool ends_at:time? token:string"},
    {"CartOfferList", "What is offered in a place, and what was taken.",
     "items:Offer[] accepted:OfferTaken[]"},
    {"OfferList", "What is offered.", "items:Offer[] next:string?"},
    {"OfferToken", "The offer that is taken.", "token:string"},
    {"OfferEnd", "The order, and where the offer is paid first (202); it joins when it is paid.",
     "order:Order redirect:string?"},
    {"OfferReport",
     "What a rule brought, net of tax. carts: in which it was shown (orders, after the purchase), "
     "orders: that they became; held_…: the same of those who were held out; uplift: order_revenue "
     "beyond what as many held ones brought.",
     "offer:string slot:string name:string file:string line:int loaded:bool on:bool holdout_ppm:int "
     "shown:int accepted:int declined:int failed:int held:int units:int revenue:int margin:int "
     "carts:int orders:int order_revenue:int held_carts:int held_orders:int held_revenue:int "
     "uplift:int?"},
    {"OfferReportList", "All rules of upsell.", "items:OfferReport[] next:string?"},
    {"Problem", "What went wrong (RFC 9457).",
     "type:string title:string status:int detail:string errors~:ProblemPlace[]"},
    {"ProblemPlace", "Where: a JSON pointer into the body, or the name of a query field.",
     "pointer:string detail:string"},
    {"ProductCard", "A product as it stands in lists.",
     "id:string slug:string url:string name:string price:Money? price_from:bool compare_at:Money? "
     "available:bool availability:string(in|low|backorder|out) image:Image? brand:string? sku:string? "
     "quantity~:int"},
    {"FacetValue", "A value to filter by, and how many products it would leave.",
     "value:string label:string count:int selected:bool"},
    {"Facet", "An attribute to filter by.", "key:string label:string values:FacetValue[]"},
    {"ProductList", "One page of a list of products.",
     "items:ProductCard[] facets:Facet[] total:int corrected:string? suggestions:string[] "
     "next:string?"},
    {"Link", "A name and where it leads.", "name:string url:string slug~:string"},
    {"Tier", "What one costs from a quantity on.", "min_quantity:int price:Money"},
    {"Variant", "What is bought: one combination of the product's options.",
     "sku:string options:string{} label:string url:string price:Money? compare_at:Money? "
     "available:bool availability:string(in|low|backorder|out) stock:int? image:Image? "
     "tiers:Tier[] lowest_30_days~:Money?"},
    {"OptionValue", "A value of an option: can it be had with the others that are chosen?",
     "code:string name:string color:string? selected:bool available:bool url:string"},
    {"Option", "What variants differ in.",
     "code:string name:string type:string values:OptionValue[]"},
    {"Attribute", "A property of the product.",
     "code:string name:string type:string unit:string comparable:bool values:string[]"},
    {"Seo", "What search engines show.", "title:string description:string"},
    {"Product", "A product as its page shows it.",
     "id:string slug:string url:string urls:string{} name:string summary_html:string "
     "description_html:string brand:string? type:string price:Money? price_max:Money? "
     "compare_at:Money? lowest_30_days:Money? tax_note:string(incl|excl|none) available:bool "
     "availability:string(in|low|backorder|out) categories:Link[] breadcrumb:Link[] "
     "images:Image[] options:Option[] variants:Variant[] selected:Variant? attributes:Attribute[] "
     "links:ProductCard[]{} seo:Seo external_url:string? button_text:string changed_at:time"},
    {"Category", "A category and those below it.",
     "id:string slug:string url:string name:string image:Image? children:Category[]"},
    {"CategoryList", "The tree of categories.", "items:Category[] next:string?"},
    {"ProductRow", "A product in the list for staff.",
     "id:string key:string name:string type:string status:string(draft|active|archived) "
     "visibility:string(both|catalog|search|hidden) variants:int version:int changed_at:time"},
    {"ProductRowList", "Products after a cursor.", "items:ProductRow[] next:string?"},
    {"ProductDocument",
     "A whole product. In a request absent members stay as they are, null clears, lists replace.",
     "id~:string version~:int key~:string type~:string status~:string visibility~:string "
     "featured~:bool brand~:string? tax_class~:string? publish_from~:string? publish_until~:string? "
     "categories~:any[] tags~:string[] text~:object{} attributes~:object[] options~:object[] "
     "variants~:VariantDocument[] images~:object[] links~:object meta~:object?"},
    {"VariantDocument", "A variant within a product document; money in minor units.",
     "sku~:string barcode~:string? enabled~:bool options~:object weight_g~:int? length_mm~:int? "
     "width_mm~:int? height_mm~:int? cost~:int? tax_class~:string? tracked~:bool stock~:int? "
     "backorder~:string low_stock~:int? image~:string? meta~:object? prices~:PriceDocument[]"},
    {"PriceDocument", "A price of a variant in a list.",
     "list~:string amount~:int compare_at~:int? min_quantity~:int from~:string? until~:string?"},
    {"OrderTotals", "What an order comes to, in minor units of its currency.",
     "items:int discount:int delivery:int delivery_discount:int tax:int tax_included:int "
     "delivery_tax~:int total:int"},
    {"OrderLine", "A line of an order; counts are units.",
     "id:string sku:string name:string options:string note:string quantity:int unit_price:int "
     "original_price:int subtotal:int discount:int total:int tax:int taxes:object[] "
     "discounts:object[] gift:bool cancelled:int packed:int shipped:int delivered:int "
     "returned:int refunded:int refunded_amount:int cost~:int? weight_g~:int? gone~:bool"},
    {"OrderNote", "A note at an order.", "text:string at:time internal~:bool actor~:string"},
    {"OrderPayment", "How an order is paid, and what the payer does next.",
     "method:string label:string next:OrderNext?"},
    {"OrderNext",
     "While the payment waits: an address to send the payer to, or, for who asked to finish it in "
     "their own page (in_page), what the provider's script there wants.",
     "redirect~:string client~:PaymentClient"},
    {"PaymentClient",
     "For the buyer's browser alone: secret opens this one payment, key names the account to the "
     "script of the provider; more members as the provider has them.",
     "provider:string secret~:string key~:string"},
    {"Order", "An order. Members that staff alone see are marked as not always there.",
     "number:string token:string status:string(draft|placed|confirmed|closed|cancelled) "
     "payment_status:string fulfilment_status:string email:string phone:string name:string "
     "address:object billing:object tax:OrderTax? note:string locale:string channel:string "
     "currency:string prices_include_tax:bool totals:OrderTotals taxes:QuoteTax[] discounts~:QuoteSaving[] captured:int refunded:int due:int "
     "delivery:object payment:OrderPayment placed_at:time changed_at:time version:int "
     "lines:OrderLine[] shipments:object[] returns:object[] notes:OrderNote[] id~:string "
     "person~:string? expires_at~:time? authorised~:int delivery_refunded~:int quote~:object "
     "allowed~:string[] payments~:object[] history~:object[]"},
    {"OrderTax",
     "On what the tax of an order rests: the buyer's tax number with what its register said "
     "(unknown: nobody could be asked, so tax is charged), and whether goods are free of tax, with "
     "the words for the invoice. null: neither a number nor a place made a difference.",
     "number:string state:string(none|valid|unknown) company:string proof~:string "
     "exempt:string(none|some|all) note:string"},
    {"OrderRow", "An order in the list for staff.",
     "id:string number:string status:string payment_status:string fulfilment_status:string "
     "currency:string total:int captured:int refunded:int name:string email:string phone:string "
     "delivery_method:string payment_method:string placed_at:time changed_at:time version:int "
     "units:int"},
    {"OrderRowList", "Orders after a cursor.", "items:OrderRow[] next:string?"},
    {"OrderEdit", "What is to be changed; absent members stay as they are.",
     "version~:int lines~:object[] address~:object email~:string phone~:string name~:string "
     "delivery_amount~:int reason~:string"},
    {"OrderStep", "What a step takes; all of it may be absent.",
     "reason~:string lines~:object[] amount~:int delivery~:any restock~:bool tracking~:string "
     "shipment~:string reference~:string method~:string"},
    {"OrderPay", "How it is to be paid this time.", "payment:PaymentChoice"},
    {"PaymentChoice",
     "A method of the shop and what it asks for; in_page: the answer is to have what finishes the "
     "payment in the front end's page.",
     "method:string in_page~:bool"},
    {"ShipmentRow", "A parcel in the list for staff.",
     "id:string number:string order:string method:string state:string registering:string "
     "tracking:string currency:string collect:int created_at:time sent_at:time?"},
    {"ShipmentRowList", "Parcels after a cursor.", "items:ShipmentRow[] next:string?"},
    {"Shipment",
     "A parcel: what is in it, what carriers told, and the steps that are possible now.",
     "id:string number:string order:string order_id:string method:string state:string "
     "state_at:time registering:string tracking:string tracking_url:string weight_g:int "
     "declared_value:int collect:int currency:string why:string sent_at:time? created_at:time "
     "lines:ShipmentLine[] events:ShipmentEvent[] allowed:string[]"},
    {"ShipmentLine", "Units of a line in a parcel, and how many of them were kept at the door.",
     "line:string sku:string name:string options:string quantity:int accepted:int?"},
    {"ShipmentEvent", "What a carrier told.", "at:time state:string code:string text:string"},
    {"ShipmentStep",
     "What a step takes; all of it may be absent. accepted: units that were kept, by line.",
     "tracking~:string reason~:string accepted~:object state~:string code~:string text~:string "
     "at~:time event~:string"},
    {"ReturnDraft", "Which units come back, and why.",
     "lines:object[] outcome~:string(refund|exchange) note~:string"},
    {"ReturnRow", "A return in the list for staff.",
     "id:string number:string order:string state:string outcome:string door:bool units:int "
     "created_at:time changed_at:time"},
    {"ReturnRowList", "Returns after a cursor.", "items:ReturnRow[] next:string?"},
    {"ReturnLine", "Units that come back; received is null until they were counted.",
     "line:string sku:string name:string options:string quantity:int reason:string received:int? "
     "damaged:int"},
    {"Return", "A return. door: it was refused when it was delivered.",
     "id:string order_id:string number:string token:string order:string "
     "state:string(requested|approved|refused|received|closed|cancelled) "
     "outcome:string(refund|exchange) note:string inspection:string door:bool created_at:time "
     "changed_at:time lines:ReturnLine[] refund:object? allowed:string[] proposal:object"},
    {"ReturnStep",
     "What a step takes; all of it may be absent. delivery: true, or an amount of it to pay back.",
     "lines~:object[] inspection~:string delivery~:any fee~:int reason~:string"},
    {"PaymentMatch", "Money that came (below 0: went back) and fits no order.",
     "id:string provider:string reference:string amount:int currency:string text:string "
     "payer:string why:string order:string? state:string(open|matched|returned|ignored) "
     "actor:string at:time done_at:time?"},
    {"PaymentMatchList", "Such money after a cursor.", "items:PaymentMatch[] next:string?"},
    {"PaymentMatchStep", "The order that it is for, where it is matched.",
     "order~:string reason~:string"},
    {"OrderNoteText", "A note; without internal customers do not see it.",
     "text:string internal~:bool"},
    {"Plugin", "A plugin and how it fares.",
     "name:string version:string? state:string generation:int? faults:int last_fault:object?"},
    {"PluginList", "All plugins, and the folders that they are looked for in.",
     "items:Plugin[] next:string? folders:string[]"},
    {"List", "A list.", "items:object[] next:string?"},
    {"Check", "A rule of the database, and the rows that break it.",
     "id:string rule~:string ok:bool rows:any[]"},
    {"Checks", "All rules.", "ok:bool checks:Check[]"},
    {"Picture", "A picture and whether its files are made.",
     "id:any source:string state:string(waiting|ready|missing) why:string type:string width:int "
     "height:int"},
    {"PictureList", "Pictures after a cursor.", "items:Picture[] next:string?"},
    {"QuoteDiscount", "What a promotion took off a line.",
     "promotion:string name~:string amount:int"},
    {"QuoteLine", "A line of a quote; minor units of the quote's currency.",
     "id:string sku:string name:string quantity:int unit_price:int original_price:int subtotal:int "
     "discount:int total:int tax:int gift:bool discounts:QuoteDiscount[]"},
    {"QuoteTotals",
     "total = items - discount + delivery - delivery_discount + tax; tax_included is in the prices.",
     "items:int discount:int delivery:int delivery_discount:int tax:int tax_included:int total:int"},
    {"QuoteTax", "Tax of one rate, in parts per million.",
     "name:string rate_ppm:int amount:int included:bool"},
    {"QuoteDelivery", "A charged shipment.",
     "method:string label:string amount:int discount:int tax:int"},
    {"QuotePromotion", "A promotion, whether it applied, and why.",
     "id:string name~:string kind~:string applied:bool amount:int delivery_amount~:int "
     "reason:string? code~:string? order~:int? trace:object[] lines~:object[] capped~:object[] "
     "displaced_by~:string? script~:object? file~:string line~:int hash~:string"},
    {"QuoteSaving", "What a promotion took off all lines, and off deliveries.",
     "promotion:string name:string amount:int delivery_amount:int"},
    {"QuoteCoupon", "A code that was typed, and what became of it.",
     "code:string accepted:bool reason:string? reason_code:string"},
    {"QuoteNudge", "What is missing for a promotion.",
     "promotion:string name~:string own~:bool free_delivery~:bool text:string missing_amount~:int "
     "missing_quantity~:int"},
    {"Quote", "What a cart costs, and why; minor units of one currency.",
     "currency:string at~:time until~:time prices_include_tax:bool lines:QuoteLine[] "
     "totals:QuoteTotals taxes:QuoteTax[] tax_exempt~:string(all|some) tax_note~:string "
     "delivery:QuoteDelivery[] discounts:QuoteSaving[] promotions:QuotePromotion[] coupons:QuoteCoupon[] nudges:QuoteNudge[] version:string"},
    {"PromotionError", "What is wrong with a file of rules.",
     "file:string line:int id:string? message:string kind~:string"},
    {"PromotionRow",
     "A promotion or offer (offer:id) and what it gave; orders, given and items of the last 30 days.",
     "id:string name:string file:string line:int kind:string "
     "state:string why:string error:PromotionError? from~:string? "
     "to~:string? priority~:int hash~:string exclusive~:bool group~:string code~:string limit~:int? "
     "per_customer~:int? budget~:int? holdout_ppm~:int? uses~:int spent~:int orders~:int given~:int "
     "items~:int actor~:string switched_at~:string? source~:string?"},
    {"PromotionReport", "What the last load of the files came to.",
     "ok:bool promotions:int offers:int errors:PromotionError[] at:time"},
    {"PromotionRowList", "All of them, in their effective order.",
     "items:PromotionRow[] next:string? at:time currency:string report:PromotionReport?"},
    {"PromotionSwitch", "Off or on, and why.", "off:bool why~:string"},
    {"Script", "A file of rules as text.", "path:string text:string"},
    {"Scripts", "Files of rules as texts.", "scripts:Script[]"},
    {"ScriptsToCheck", "The same; all: as if every rule in them were switched on.",
     "scripts:Script[] all~:bool"},
    {"PromotionCheck",
     "What is wrong with a draft: mistakes, and conflicts on carts at its thresholds.",
     "ok:bool promotions:int offers:int tests:int carts:int pairs:int pairs_all:int "
     "findings:PromotionError[]"},
    {"PromotionTests", "What the tests of a draft came to.",
     "ok:bool passed:int failed:int errors:PromotionError[] tests:object[]"},
    {"PromotionAsk",
     "What is to be explained: one of cart, token and order; at a moment, with one switched on, by "
     "other rules.",
     "cart~:object token~:string order~:string at~:string on~:string scripts~:Script[]"},
    {"PromotionAnswer",
     "A quote with every rule in its trace; kept: the quote that an order carries.",
     "subject:string(file|cart|order) name:string at:string kept:object? quote:Quote"},
    {"PromotionDraft",
     "What is to be replayed; alone: without those that serve; on so many orders, or since a moment.",
     "scripts:Script[] alone~:bool orders~:int since~:string"},
    {"PromotionTask", "A simulation and its report.",
     "id:string state:string(working|done|cancelled|failed) done:int total:int error:string "
     "report:object?"},
    {"PromotionCodeList", "Batches of codes, or the codes of one.", "items:object[] next:string?"},
    {"PromotionBatch", "Codes that are wished for; a batch that is there grows.",
     "batch:string count:int prefix~:string length~:int to~:string uses~:int per_customer~:int "
     "note~:string"},
    {"PromotionCodes", "Codes that were made; they are not told again in one piece.",
     "batch:string codes:string[]"},
    {"PromotionDisable", "A batch or a code; off is true unless it is said.",
     "batch~:string code~:string off~:bool"},
    {"PromotionDisabled", "How many codes changed.", "count:int"},
    {"ScriptChunk", "A piece of Lua.", "name~:string source:string"},
    {"ScriptOutcome", "What came of it; value: what it returned, as text.",
     "outcome:string(ok|denied|budget|memory|killed|busy) value:string? message:string "
     "log~:string[]"},
    {"CartLine", "A line of a cart, priced; one kept for later is not in the quote.",
     "id:string sku:string name:string options:string quantity:int later:bool note:string "
     "unit_price:int original_price:int subtotal:int discount:int total:int price_before:int? "
     "unsent:bool gift~:bool reduced~:bool discounts~:QuoteDiscount[] url:string image:Image? available:bool "
     "availability:string(in|low|backorder|out) stock:int?"},
    {"CartGone", "A line that cannot be bought any more.",
     "line:string sku:string name:string quantity:int"},
    {"Cart", "A cart; its id is the right to use it.",
     "id:string state:string(open|ordered) currency:string locale:string units:int "
     "lines:CartLine[] gone:CartGone[] coupons:string[] quote:Quote expires_at:time"},
    {"CartNewLine", "A variant to put in, one unless told.", "sku:string quantity~:int"},
    {"CartBody", "What a new cart begins with.",
     "lines~:CartNewLine[] coupons~:string[] country~:string region~:string city~:string "
     "postcode~:string locale~:string currency~:string click~:Click?"},
    {"CartLineChange", "What of a line is to change; a quantity of 0 takes it out.",
     "quantity~:int note~:string later~:bool"},
    {"CartCode", "A coupon code.", "code:string"},
    {"Choice", "One of what a field takes.", "value:string label:string amount~:Money"},
    {"Field", "What a way of delivery or payment still wants to know.",
     "key:string label:string type:string required~:bool choices~:Choice[]"},
    {"DeliveryPoint", "Where goods can be fetched.",
     "code:string name:string address~:string city~:string postcode~:string distance_m~:int "
     "hours~:string takes_cash~:bool takes_card~:bool"},
    {"DeliveryOption", "A way of delivery, and what it costs for this cart.",
     "method:string label:string amount:Money note~:string eta:string? eta_from~:string "
     "eta_until~:string takes_cash~:bool takes_card~:bool fields:Field[] points:DeliveryPoint[]"},
    {"DeliveryOptionList", "All ways that fit the goods and the address.",
     "items:DeliveryOption[] next:string?"},
    {"PaymentMethod", "A way to pay; in_page: the payment can be finished in the front end's page.",
     "method:string label:string note~:string fee~:Money in_page~:bool fields:Field[]"},
    {"PaymentMethodList", "All ways that take this cart.", "items:PaymentMethod[] next:string?"},
    {"Address", "Where to.",
     "country~:string region~:string city~:string postcode~:string line1~:string line2~:string "
     "company~:string"},
    {"Billing",
     "Who the invoice is for, where it differs. vat_number is asked about where a plugin knows "
     "whom; one that is none is an error of this field.",
     "company~:string vat_number~:string country~:string region~:string city~:string "
     "postcode~:string line1~:string line2~:string"},
    {"CheckoutBody",
     "What is needed for an order. delivery and payment name a method and hold its fields.",
     "email:string phone~:string name:string address~:Address billing~:Billing delivery:object "
     "payment~:PaymentChoice note~:string newsletter~:bool accept_total~:int"},
    {"Started", "What was begun.", "id:string"},
    {"Done", "What was done.", "done~:string file~:string id~:string name~:string"},
    {"Conversion",
     "An order that a partner's click led to: how it stands, and what the partner was told. The "
     "click is text of strangers.",
     "id:string order:string order_id:string provider:string param:string click:string "
     "clicked_at:time key:string repeat:bool state:string(pending|approved|rejected) amount:int "
     "currency:string telling:string(waiting|told|refused|failed) attempts:int sent_state:string "
     "sent_amount:int sent_at:time? reference:string error:string due_at:time? created_at:time "
     "changed_at:time"},
    {"ConversionList", "Conversions, newest first.", "items:Conversion[] next:string?"},
    {"Click",
     "The parameter of a partner's link that the shopper came with, and its value. One that no "
     "plugin takes is left alone.",
     "param:string value:string"},
    {"Webhook", "A receiver of facts (Standard Webhooks). The secret is shown when it is made.",
     "id:string url:string topics:string[] state:string(active|paused|disabled) why:string "
     "failures:int waiting:int dead:int created_at:time changed_at:time version:int "
     "secret~:string queued~:int"},
    {"WebhookList", "All receivers.", "items:Webhook[] next:string?"},
    {"WebhookDraft", "A receiver as it is made or changed: \"order.*\", \"order.placed\" or \"*\".",
     "url~:string topics~:string[] state~:string(active|paused)"},
    {"WebhookDelivery", "One fact for one receiver.",
     "id:string message:string type:string state:string(waiting|sent|dead) attempts:int "
     "status:int why:string due_at:time created_at:time done_at:time?"},
    {"WebhookDeliveryList", "Deliveries, newest first.", "items:WebhookDelivery[] next:string?"},
    {"Feed",
     "The catalogue in somebody's format, and what came of it last. rejected: not taken by the format; "
     "filtered: not wanted by the feed; reasons: of the first thousands.",
     "id:string name:string format:string enabled:bool locale:string currency:string country:string "
     "categories:string[] excluded:string[] only_available:bool price_from:int? price_to:int? "
     "suffix:string settings:string{} every:int version:int created_at:time changed_at:time "
     "tried_at:time? error:string written_at:time? until:time? maker:string url:string? items:int "
     "rejected:int filtered:int bytes:int took_ms:int reasons~:FeedReason[]"},
    {"FeedReason", "Why something was left out, how often, and one of them.",
     "words:string count:int sku:string"},
    {"FeedList", "All feeds.", "items:Feed[] next:string?"},
    {"FeedDraft", "A feed as it is made or changed; prices in minor units of its currency.",
     "name~:string format~:string enabled~:bool locale~:string currency~:string country~:string "
     "categories~:string[] excluded~:string[] only_available~:bool price_from~:int? price_to~:int? "
     "suffix~:string settings~:string{} every~:int"},
    {"FeedReject", "Something that was left out.",
     "position:int variant:string sku:string words:string"},
    {"FeedRejectList", "What was left out, in the order of the catalogue.",
     "items:FeedReject[] next:string?"},
    {"FeedSetting", "A setting of a format; lines: a text of several lines.",
     "key:string label:string initial:string hint:string lines:bool"},
    {"FeedFormat", "What a feed can be written as.",
     "name:string label:string extension:string settings:FeedSetting[]"},
    {"FeedFormatList", "All formats.", "items:FeedFormat[] next:string?"},
    {"Token", "A token, shown this once.", "token:string"},
};

/* ---- the notation ---- */

static struct json *null_too(struct arena *arena, struct json *schema)
{
    struct json *type = (struct json *)(uintptr_t)json_at(schema, "type");
    if (!json_at(schema, "$ref") && type && type->kind == JSON_STRING && !json_at(schema, "enum")) {
        struct souk_str name = type->text;
        *type = *json_new(arena, JSON_ARRAY);
        json_add(arena, type, NULL, JSON_STRING)->text = name;
        json_add(arena, type, NULL, JSON_STRING)->text = souk_str("null");
        return schema;
    }
    struct json *either = json_new(arena, JSON_OBJECT);
    struct json *list = json_add(arena, either, "oneOf", JSON_ARRAY);
    json_add_tree(arena, list, NULL, schema);
    json_add_cstr(arena, json_add(arena, list, NULL, JSON_OBJECT), "type", "null");
    return either;
}

/* "string(a|b)" and the like, without what stands behind. */
static struct json *plain_type(struct arena *arena, struct souk_str name)
{
    struct json *schema = json_new(arena, JSON_OBJECT);
    ptrdiff_t open = str_find(name, '(');
    if (open > 0) {
        struct souk_str words = str_make(name.ptr + open + 1, name.len - (size_t)open - 2), word;
        json_add_cstr(arena, schema, "type", "string");
        struct json *list = json_add(arena, schema, "enum", JSON_ARRAY);
        while (str_split(&words, '|', &word))
            json_add(arena, list, NULL, JSON_STRING)->text = word;
    } else if (name.len && name.ptr[0] >= 'A' && name.ptr[0] <= 'Z') {
        json_add_str(arena, schema, "$ref",
                     arena_printf(arena, "#/components/schemas/%.*s", SOUK_PRI(name)));
    } else if (souk_str_is(name, "int")) {
        json_add_cstr(arena, schema, "type", "integer");
        json_add_cstr(arena, schema, "format", "int64");
    } else if (souk_str_is(name, "bool")) {
        json_add_cstr(arena, schema, "type", "boolean");
    } else if (souk_str_is(name, "time")) {
        json_add_cstr(arena, schema, "type", "string");
        json_add_cstr(arena, schema, "format", "date-time");
    } else if (!souk_str_is(name, "any")) {
        json_add_str(arena, schema, "type", name);
    }
    return schema;
}

struct json *openapi_type(struct arena *arena, struct souk_str type)
{
    size_t end = type.len;
    while (end > 0 && strchr("[]{}?", type.ptr[end - 1]))
        end--;
    struct json *schema = plain_type(arena, str_make(type.ptr, end));
    for (size_t i = end; i < type.len; i++) {
        if (type.ptr[i] == '?') {
            schema = null_too(arena, schema);
        } else if (type.ptr[i] == '[' || type.ptr[i] == '{') {
            int list = type.ptr[i] == '[';
            struct json *outer = json_new(arena, JSON_OBJECT);
            json_add_cstr(arena, outer, "type", list ? "array" : "object");
            json_add_tree(arena, outer, list ? "items" : "additionalProperties", schema);
            schema = outer;
        }
    }
    return schema;
}

struct json *openapi_schemas(struct arena *arena)
{
    struct json *all = json_new(arena, JSON_OBJECT);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct json *shape = json_add(arena, all, shapes[i].name, JSON_OBJECT);
        struct souk_str rest = souk_str(shapes[i].members), member;
        struct json *required = json_new(arena, JSON_ARRAY);
        json_add_cstr(arena, shape, "description", shapes[i].about);
        json_add_cstr(arena, shape, "type", "object");
        struct json *properties = json_add(arena, shape, "properties", JSON_OBJECT);
        while (str_split(&rest, ' ', &member)) {
            size_t colon = (size_t)str_find(member, ':');
            int optional = member.ptr[colon - 1] == '~';
            struct souk_str name = str_make(member.ptr, colon - (size_t)optional);
            *json_add_key(arena, properties, name, JSON_NULL) =
                *openapi_type(arena, str_from(member, colon + 1));
            if (!optional)
                json_add(arena, required, NULL, JSON_STRING)->text = name;
        }
        if (required->count)
            json_add_tree(arena, shape, "required", required);
    }
    return all;
}
