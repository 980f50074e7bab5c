//! Countries as numbers, as the original system had them.

use flow::CountryCode;

/// The countries of ISO 3166-1 in the order in which iso.org listed them by English name at
/// the end of 2018: Eswatini had its new name, North Macedonia stood under M, and accents did
/// not count. A line for each initial of a name.
const COUNTRIES: [&str; 25] = [
    "AF AX AL DZ AS AD AO AI AQ AG AR AM AW AU AT AZ",
    "BS BH BD BB BY BE BZ BJ BM BT BO BQ BA BW BV BR IO BN BG BF BI",
    "CV KH CM CA KY CF TD CL CN CX CC CO KM CD CG CK CR CI HR CU CW CY CZ",
    "DK DJ DM DO",
    "EC EG SV GQ ER EE SZ ET",
    "FK FO FJ FI FR GF PF TF",
    "GA GM GE DE GH GI GR GL GD GP GU GT GG GN GW GY",
    "HT HM VA HN HK HU",
    "IS IN ID IR IQ IE IM IL IT",
    "JM JP JE JO",
    "KZ KE KI KP KR KW KG",
    "LA LV LB LS LR LY LI LT LU",
    "MO MK MG MW MY MV ML MT MH MQ MR MU YT MX FM MD MC MN ME MS MA MZ MM",
    "NA NR NP NL NC NZ NI NE NG NU NF MP NO",
    "OM",
    "PK PW PS PA PG PY PE PH PN PL PT PR",
    "QA",
    "RE RO RU RW",
    "BL SH KN LC MF PM VC WS SM ST SA SN RS SC SL SG SX SK SI SB SO ZA GS SS ES LK SD SR SJ SE CH SY",
    "TW TJ TZ TH TL TG TK TO TT TN TR TM TC TV",
    "UG UA AE GB UM US UY UZ",
    "VU VE VN VG VI",
    "WF EH",
    "YE",
    "ZM ZW",
];

/// The number of a country by the two letters of its code, in 26 rows of 26; 0 where there is
/// no such country.
static NUMBERS: [[u8; 26]; 26] = numbers();

const fn numbers() -> [[u8; 26]; 26] {
    let mut numbers = [[0; 26]; 26];
    let (mut line, mut number) = (0, 0);
    while line < COUNTRIES.len() {
        let codes = COUNTRIES[line].as_bytes();
        let mut at = 0;
        while at < codes.len() {
            number += 1;
            numbers[letter(codes[at])][letter(codes[at + 1])] = number;
            at += 3;
        }
        line += 1;
    }
    numbers
}

const fn letter(ascii: u8) -> usize {
    (ascii - b'A') as usize
}

/// The number of a country, from 1; 0 for one that is unknown or not in the list.
pub(super) fn number(country: Option<CountryCode>) -> u8 {
    country.map_or(0, |country| match *country.as_str().as_bytes() {
        [first, second] => NUMBERS[letter(first)][letter(second)],
        _ => 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: &str) -> u8 {
        number(Some(CountryCode::new(code).unwrap()))
    }

    #[test]
    fn known_countries_have_the_numbers_of_the_original() {
        for (code, expected) in [
            ("AF", 1),
            ("AX", 2),
            ("DE", 84),
            ("CH", 216),
            ("GB", 235),
            ("US", 237),
            ("ZW", 249),
        ] {
            assert_eq!(of(code), expected, "{code}");
        }
    }

    #[test]
    fn each_of_249_countries_has_a_number_of_its_own() {
        let mut found: Vec<u8> = NUMBERS.as_flattened().to_vec();
        found.retain(|number| *number != 0);
        found.sort_unstable();
        assert!(found.into_iter().eq(1..=249));
        let codes = COUNTRIES.iter().flat_map(|line| line.split(' '));
        assert!(
            codes.eq(COUNTRIES
                .iter()
                .flat_map(|line| line.as_bytes().chunks(3))
                .map(|code| std::str::from_utf8(&code[..2]).unwrap()))
        );
    }

    #[test]
    fn what_is_no_country_of_the_list_is_0() {
        assert_eq!(number(None), 0);
        assert_eq!([of("XK"), of("EU"), of("AA"), of("ZZ")], [0; 4]);
    }
}
