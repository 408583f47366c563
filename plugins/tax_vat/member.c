/*
 * member.c: the member states of the Union, with the letters of their numbers and the clock by
 * which their days begin; and which codes are countries at all, so that a misspelt one is no
 * export. Northern Ireland stands among them: for goods it is treated as a member, with numbers
 * and rates of its own. Addresses there say GB; a line of the places makes XI of it.
 */
#include "vat.h"

static const struct member members[] = {
    {"AT", "AT", "Europe/Vienna"},     {"BE", "BE", "Europe/Brussels"},
    {"BG", "BG", "Europe/Sofia"},      {"CY", "CY", "Asia/Nicosia"},
    {"CZ", "CZ", "Europe/Prague"},     {"DE", "DE", "Europe/Berlin"},
    {"DK", "DK", "Europe/Copenhagen"}, {"EE", "EE", "Europe/Tallinn"},
    {"ES", "ES", "Europe/Madrid"},     {"FI", "FI", "Europe/Helsinki"},
    {"FR", "FR", "Europe/Paris"},      {"GR", "EL", "Europe/Athens"},
    {"HR", "HR", "Europe/Zagreb"},     {"HU", "HU", "Europe/Budapest"},
    {"IE", "IE", "Europe/Dublin"},     {"IT", "IT", "Europe/Rome"},
    {"LT", "LT", "Europe/Vilnius"},    {"LU", "LU", "Europe/Luxembourg"},
    {"LV", "LV", "Europe/Riga"},       {"MT", "MT", "Europe/Malta"},
    {"NL", "NL", "Europe/Amsterdam"},  {"PL", "PL", "Europe/Warsaw"},
    {"PT", "PT", "Europe/Lisbon"},     {"RO", "RO", "Europe/Bucharest"},
    {"SE", "SE", "Europe/Stockholm"},  {"SI", "SI", "Europe/Ljubljana"},
    {"SK", "SK", "Europe/Bratislava"}, {"XI", "XI", "Europe/London"},
};
#define MEMBERS (sizeof members / sizeof *members)

/* ISO 3166-1 without the members. */
static const char others[] =
    "AD AE AF AG AI AL AM AO AQ AR AS AU AW AX AZ BA BB BD BF BH BI BJ BL BM BN BO BQ BR BS BT BV "
    "BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX DJ DM DO DZ EC EG EH ER ET FJ FK "
    "FM FO GA GB GD GE GF GG GH GI GL GM GN GP GQ GS GT GU GW GY HK HM HN HT ID IL IM IN IO IQ IR "
    "IS JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LY MA MC MD ME MF MG MH "
    "MK ML MM MN MO MP MQ MR MS MU MV MW MX MY MZ NA NC NE NF NG NI NP NR NU NZ OM PA PE PF PG PH "
    "PK PM PN PR PS PW PY QA RE RS RU RW SA SB SC SD SG SH SJ SL SM SN SO SR SS ST SV SX SY SZ TC "
    "TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK "
    "YE YT ZA ZM ZW ";

const struct member *member_of(struct souk_str country)
{
    for (size_t i = 0; i < MEMBERS; i++)
        if (souk_str_is(country, members[i].country))
            return &members[i];
    return NULL;
}

const struct member *member_by_prefix(struct souk_str prefix)
{
    for (size_t i = 0; i < MEMBERS; i++)
        if (souk_str_is(prefix, members[i].prefix))
            return &members[i];
    return NULL;
}

int country_known(struct souk_str country)
{
    if (country.len != 2)
        return 0;
    for (const char *at = others; *at; at += 3)
        if (at[0] == country.ptr[0] && at[1] == country.ptr[1])
            return 1;
    return member_of(country) != NULL;
}
