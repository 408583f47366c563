/*
 * openapi_schema.c: the shapes of this interface, and the operations that have them. A new answer
 * of the API gets its shape here.
 */
#include "app/api/openapi.h"

#include "base/str.h"

static const struct {
    const char *name, *about, *members;
} shapes[] = {
    {"Money", "An amount in minor units (cents) of a currency.", "amount:int currency:string"},
    {"Image", "A picture in several widths.",
     "url:string srcset:string webp:string width:int height:int alt:string"},
    {"Problem", "What went wrong (RFC 9457).",
     "type:string title:string status:int detail:string errors~:ProblemPlace[]"},
    {"ProblemPlace", "Where: a JSON pointer into the body, or the name of a query field.",
     "pointer:string detail:string"},
    {"ProductCard", "A product as it stands in lists.",
     "id:string slug:string url:string name:string price:Money? price_from:bool compare_at:Money? "
     "available:bool availability:string(in|low|backorder|out) image:Image? brand:string? "
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
    {"Plugin", "A plugin and how it fares.",
     "name:string version:string? state:string generation:int? faults:int last_fault:object?"},
    {"PluginList", "All plugins.", "items:Plugin[] next:string?"},
    {"List", "A list.", "items:object[] next:string?"},
    {"Check", "A rule of the database, and the rows that break it.",
     "id:string rule~:string ok:bool rows:any[]"},
    {"Checks", "All rules.", "ok:bool checks:Check[]"},
    {"Picture", "A picture and whether its files are made.",
     "id:any source:string state:string(waiting|ready|missing) why:string type:string width:int "
     "height:int"},
    {"PictureList", "Pictures after a cursor.", "items:Picture[] next:string?"},
    {"Started", "What was begun.", "id:string"},
    {"Done", "What was done.", "done~:string file~:string id~:string name~:string"},
    {"Token", "A token, shown this once.", "token:string"},
};

const struct openapi_operation openapi_operations[] = {
    {.method = "GET", .path = "/api/v1/openapi.json", .answer = "object"},
    {.method = "GET",
     .path = "/api/v1/products",
     .query = "q:string what is searched for; category:string slug of a category, with all below "
              "it; sort:string(relevance|popular|new|price|-price|name) the order; limit:int how "
              "many, 24 unless told, at most 100; cursor:string what next of the page before was; "
              "page:int the number of the page, instead of cursor; brand:string code of a brand, "
              "several with commas between them; price:string a range in major units, 10.00-50.00; "
              "available:string 1 for what can be had now; locale:string the language",
     .answer = "ProductList"},
    {.method = "GET",
     .path = "/api/v1/products/{slug}",
     .query = "sku:string the variant that is selected; locale:string the language",
     .answer = "Product"},
    {.method = "GET",
     .path = "/api/v1/categories",
     .query = "locale:string the language",
     .answer = "CategoryList"},
    {.method = "GET",
     .path = "/api/v1/admin/products",
     .query = "after:string what next of the list before was; limit:int how many, at most 200",
     .answer = "ProductRowList"},
    {.method = "POST",
     .path = "/api/v1/admin/products",
     .body = "ProductDocument",
     .answer = "ProductDocument",
     .status = 201,
     .idempotent = 1},
    {.method = "GET", .path = "/api/v1/admin/products/{key}", .answer = "ProductDocument"},
    {.method = "PUT",
     .path = "/api/v1/admin/products/{key}",
     .body = "ProductDocument",
     .answer = "ProductDocument",
     .also = 201},
    {.method = "PATCH",
     .path = "/api/v1/admin/products/{key}",
     .body = "ProductDocument",
     .answer = "ProductDocument"},
    {.method = "DELETE",
     .path = "/api/v1/admin/products/{key}",
     .query = "purge:string 1 removes it for good",
     .status = 204},
    {.method = "GET", .path = "/api/v1/admin/plugins", .answer = "PluginList"},
    {.method = "GET", .path = "/api/v1/admin/hooks/{event}", .answer = "List"},
    {.method = "GET",
     .path = "/api/v1/admin/jobs",
     .query = "state:string waiting, running or dead",
     .answer = "List"},
    {.method = "GET",
     .path = "/api/v1/admin/images",
     .query =
         "state:string waiting, ready or missing; after:string what next of the list before was",
     .answer = "PictureList"},
    {.method = "GET", .path = "/api/v1/admin/verify", .answer = "Checks"},
    {.method = "POST", .path = "/api/v1/admin/backup", .body = "object", .answer = "Done"},
    {.method = "POST", .path = "/api/v1/admin/jobs/{id}/{step}", .answer = "Done"},
    {.method = "POST", .path = "/api/v1/admin/plugins/{name}/{step}", .answer = "Done"},
    {.method = "POST",
     .path = "/api/v1/admin/staff/add",
     .body = "object",
     .answer = "Started",
     .status = 201},
    {.method = "POST",
     .path = "/api/v1/admin/staff/reset-totp",
     .body = "object",
     .answer = "Done"},
    {.method = "POST",
     .path = "/api/v1/admin/staff/token",
     .body = "object",
     .answer = "Token",
     .status = 201},
    {.method = "GET",
     .path = "/api/v1/admin/events",
     .query = "kind:string of what kind; before:string what next of the list before was; limit:int "
              "how many",
     .answer = "List"},
    {.method = "GET",
     .path = "/api/v1/admin/searches",
     .query = "missing:int 1: only what found nothing; page:int which page; limit:int how many",
     .answer = "List"},
    {.method = "GET", .path = "/api/v1/admin/imports", .answer = "List"},
    {.method = "POST",
     .path = "/api/v1/admin/imports",
     .body = "object",
     .answer = "Started",
     .status = 202},
    {.method = "POST",
     .path = "/api/v1/admin/imports/{id}/cancel",
     .answer = "Done",
     .status = 202},
    {.method = "POST", .path = "/api/v1/admin/exports", .body = "object", .answer = "Done"},
};

const size_t openapi_operation_count = sizeof openapi_operations / sizeof *openapi_operations;

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
