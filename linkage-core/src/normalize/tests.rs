//! Each test is one way to write a value differently and mean the same, or to write another value alike.
//! Check digits are tried on the vectors of their own standards.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::brand::Brands;
use super::identifier::{Check, Identifier};
use super::platform::Sort;
use super::uri::{Target, targets};
use super::{address, brand, email, identifier, name, offer, phone, phrase, platform, text, url};
use crate::record::{Address, Country};

mod texts {
    use super::*;

    #[track_caller]
    fn check(spellings: &[&str], expected: &str) {
        for spelling in spellings {
            assert_eq!(text::fold(spelling), expected, "of {spelling:?}");
        }
    }

    #[test]
    fn spacing_case_width_and_accents_do_not_count() {
        check(
            &["Nike Official", "NIKE—official", "  nike\u{200B}\u{A0}official ", "Ｎｉｋｅ Öfficial", "𝐍𝐢𝐤𝐞 🅾fficial"],
            "nike official",
        );
        check(&["Straße", "STRASSE", "straẞe"], "strasse");
        check(&["Levi's", "Levi’s", "LEVIS"], "levis");
        check(&["z\u{351}\u{36F}a\u{489}l\u{321}g\u{300}o"], "zalgo");
        check(&["№ 5", "no 5"], "no 5");
    }

    #[test]
    fn a_word_spelt_out_is_the_word() {
        check(&["n.i.k.e", "N I K E", "n-i-k-e", "n.і.k.е"], "nike");
        check(&["J. K. Rowling"], "j k rowling");
        check(&["U.S."], "us");
        check(&["1.2.3"], "1 2 3");
    }

    #[test]
    fn look_alikes_are_read_as_the_letters_they_imitate() {
        check(&["раураl", "pаypal", "PАYPAL"], "paypal");
        check(&["раура\u{4CF}"], "paypal");
        check(&["Rоlех", "ɴɪᴋᴇ".replace("ɴɪᴋᴇ", "Rolex").as_str()], "rolex");
        check(&["ɴɪᴋᴇ"], "nike");
    }

    #[test]
    fn other_scripts_are_left_in_peace() {
        check(&["Иванов Пётр", "ИВАНОВ ПЕТР"], "иванов петр");
        check(&["Сергей"], "сергей");
        check(&["Αθήνα", "ΑΘΗΝΑ"], "αθηνα");
        check(&["한국 상점"], "한국 상점");
        check(&["محمد"], "محمد");
        check(&["が ガ"], "がガ");
    }

    #[test]
    fn traditional_and_simplified_han_are_one() {
        check(&["蘋果 手機殼", "苹果手机壳", "苹果，手机壳！"], "苹果手机壳");
        check(&["Nike运动鞋", "NIKE 運動鞋"], "nike 运动鞋");
    }

    #[test]
    fn leet_reads_digits_as_letters_only_inside_words() {
        for (left, right) in [
            ("N1K3", "nike"),
            ("4d1d4$ 0utlet", "Adidas Outlet"),
            ("p@yp@l", "paypal"),
            ("n.1.k.3", "nike"),
            ("R0lex", "Rolex"),
        ] {
            assert_eq!(text::leet(left), text::leet(right), "{left} and {right}");
        }
        assert_eq!(text::leet("2024 100"), "2024 100");
        assert_eq!(text::leet("US $100"), "us 100");
    }

    #[test]
    fn words_of_han_are_pairs_of_characters() {
        assert_eq!(text::words("Nike 运动鞋"), ["nike", "运动", "动鞋"]);
        assert_eq!(text::words("鞋"), ["鞋"]);
        assert!(text::words(" !? ").is_empty());
    }

    #[test]
    fn shingles_run_over_words_and_han_characters() {
        assert_eq!(text::shingles("new iPhone case red", 3), ["new iphone case", "iphone case red"]);
        assert_eq!(text::shingles("手机壳 red", 3), ["手 机 壳", "机 壳 red"]);
        assert_eq!(text::shingles("one two", 3), ["one two"]);
        assert!(text::shingles("", 3).is_empty());
    }
}

mod people {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let read = match name::person(text) {
            Some(name) => {
                let mut line = name.tokens.join(" ");
                for (what, value) in [("surname", &name.surname), ("suffix", &name.suffix), ("han", &name.han)] {
                    line.push_str(&value.as_ref().map(|value| format!(" | {what} {value}")).unwrap_or_default());
                }
                for other in &name.alternatives {
                    line.push_str(&format!(" | or {}", other.join(" ")));
                }
                line
            }
            None => "nobody".to_owned(),
        };
        expected.assert_eq(&read);
    }

    #[test]
    fn titles_and_letters_are_dropped_and_generations_kept_apart() {
        check("Mr. Robert Smith Jr.", expect!["robert smith | suffix jr"]);
        check("Dr Jane Doe, PhD", expect!["jane doe"]);
        check("John Q. Public III", expect!["john q public | suffix iii"]);
        check("Dr", expect!["dr"]);
    }

    #[test]
    fn surname_first_with_a_comma() {
        check("O’Brien, Mary-Kate", expect!["mary kate obrien | surname obrien"]);
        check("SMITH, JOHN, JR", expect!["john smith | surname smith | suffix jr"]);
    }

    #[test]
    fn han_and_pinyin_meet() {
        check("王小明", expect!["wang xiaoming | surname wang | han 王小明"]);
        check("Wang Xiao Ming", expect!["wang xiaoming | surname wang"]);
        check("Xiao Ming Wang", expect![["wang xiaoming | surname wang"]]);
        check("Li Wang", expect![["li wang"]]);
        check("Ben Long", expect!["long ben | surname long"]);
        check("Xiaoming WANG", expect!["wang xiaoming | surname wang"]);
        check("Wang, Xiao-Ming", expect!["wang xiaoming | surname wang"]);
        check("歐陽娜娜", expect!["ouyang nana | surname ouyang | han 欧阳娜娜 | or ouyang nuona | or ouyang nanuo"]);
        check("王小明先生", expect!["wang xiaoming | surname wang | han 王小明"]);
    }

    #[test]
    fn surnames_are_read_as_surnames() {
        check("单雄信", expect!["shan xiongxin | surname shan | han 单雄信 | or dan xiongxin"]);
        check("曾国藩", expect!["zeng guofan | surname zeng | han 曾国藩 | or ceng guofan"]);
        check("仇英", expect!["qiu ying | surname qiu | han 仇英 | or chou ying"]);
        check("吕布", expect!["lu bu | surname lu | han 吕布 | or lv bu"]);
        check("Lv Bu", expect!["lu bu | surname lu"]);
        check("朴载相", expect!["piao zaixiang | surname piao | han 朴载相 | or pu zaixiang | or park zaixiang"]);
    }

    #[test]
    fn other_scripts_and_mixed_names() {
        check("Иванов Пётр", expect!["ivanov petr"]);
        check("Jack Ma 马云", expect!["ma yun | surname ma | han 马云 | or jack ma"]);
        check("约翰·史密斯", expect!["yuehan shimisi | han 约翰史密斯"]);
        check("Hans Müller", expect!["hans muller | or hans mueller"]);
        check("McDonald, Ronald", expect!["ronald mcdonald | surname mcdonald"]);
        check("Ronald Mc Donald", expect!["ronald mcdonald"]);
        check(" ?! ", expect!["nobody"]);
    }

    #[test]
    fn nicknames_lead_to_formal_names() {
        assert_eq!(name::nickname_roots("bob"), ["robert"]);
        assert_eq!(name::nickname_roots("robert"), ["robert"]);
        assert!(name::nickname_roots("alex").contains(&"alexandra"));
        assert!(name::nickname_roots("xiaoming").is_empty());
    }

    #[test]
    fn words_that_sound_alike_have_one_code() {
        assert_eq!(name::phonetic("smith"), name::phonetic("smyth"));
        assert_eq!(name::phonetic("philip"), name::phonetic("filip"));
        assert_eq!(name::phonetic("123"), "");
    }
}

mod companies {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let name = name::company(text).unwrap();
        let form = name.legal_form.map(|form| format!(" | form {form}")).unwrap_or_default();
        let han = name.han_core.map(|han| format!(" | han {han}")).unwrap_or_default();
        expected.assert_eq(&format!("{}{form}{han}", name.core.join(" ")));
    }

    #[test]
    fn legal_forms_are_one_word_in_every_spelling() {
        check("Acme Limited", expect!["acme | form ltd"]);
        check("ACME Ltd.", expect!["acme | form ltd"]);
        check("Acme Co., Ltd", expect!["acme | form ltd"]);
        check("The Acme Company, LLC", expect!["acme | form llc"]);
        check("Müller GmbH & Co. KG", expect!["muller | form kg"]);
        check("Smith and Sons Pty Ltd", expect!["smith sons | form ltd"]);
        check("J & K Trading S.A.R.L.", expect!["jk trading | form sarl"]);
        check("ООО Ромашка", expect!["romashka | form ooo"]);
        check("Limited", expect!["limited"]);
    }

    #[test]
    fn shop_words_and_places_are_not_the_core() {
        check("Nike Official Store", expect!["nike"]);
        check("Best Deals Shop UK", expect!["best deals"]);
        check("耐克官方旗舰店", expect!["naike | han 耐克"]);
        check("Nike耐克专营店", expect!["nike naike | han 耐克"]);
        check("Official Store", expect!["official store"]);
    }

    #[test]
    fn han_and_latin_names_of_one_firm_share_their_core() {
        check("深圳市华强科技有限公司", expect!["huaqiang technology | form 有限公司 | han 华强"]);
        check("Shenzhen Huaqiang Technology Co., Ltd.", expect!["huaqiang technology | form ltd"]);
        check("義烏市美麗服飾有限責任公司", expect!["meili clothing | form 有限公司 | han 美丽"]);
        check("北京有限公司", expect!["beijing | form 有限公司 | han 北京"]);
    }

    #[test]
    fn a_legal_form_makes_a_company() {
        assert!(name::is_company_like("Acme GmbH"));
        assert!(name::is_company_like("某某有限公司"));
        assert!(!name::is_company_like("John Smith"));
        assert!(!name::is_company_like("Nike Official Store"));
    }
}

mod contacts {
    use super::*;

    #[track_caller]
    fn mail(text: &str, expected: &str) {
        assert_eq!(
            email::email(text).map_or_else(|| "none".to_owned(), |mail| mail.canonical),
            expected,
            "of {text:?}"
        );
    }

    #[test]
    fn all_spellings_of_a_mailbox_are_one() {
        mail("Best.Deals+uk@GoogleMail.com", "bestdeals@gmail.com");
        mail("mailto:bestdeals@gmail.com", "bestdeals@gmail.com");
        mail("Best Deals <best.deals@gmail.com>", "bestdeals@gmail.com");
        mail("a.b+c@outlook.com", "a.b@outlook.com");
        mail("seller-shop1@yahoo.co.uk", "seller@yahoo.co.uk");
        mail("info@bücher.example", "info@xn--bcher-kva.example");
        mail("a.b+c@firm.example", "a.b+c@firm.example");
        mail("12345@QQ.com", "12345@qq.com");
    }

    #[test]
    fn what_is_no_mail_address_is_refused() {
        for text in ["", "@", "a@", "@b.com", "a b@c.com", "a@b", "a@b..com", "plain text"] {
            mail(text, "none");
        }
        assert!(!email::email("a@firm.example").unwrap().free_provider);
    }

    #[track_caller]
    fn dial(text: &str, region: &str, expected: Expect) {
        let read = phone::phone(text, region.parse::<Country>().ok());
        expected.assert_eq(&format!(
            "{} {} {}",
            read.e164.as_deref().unwrap_or("-"),
            read.digits,
            read.last7.as_deref().unwrap_or("-")
        ));
    }

    #[test]
    fn one_number_however_it_is_dialled() {
        dial("+44 (0)20 7946 0958", "", expect!["+442079460958 2079460958 9460958"]);
        dial("020 7946 0958", "GB", expect!["+442079460958 2079460958 9460958"]);
        dial("0044 20 7946 0958", "", expect!["+442079460958 2079460958 9460958"]);
        dial("８６-１３８-００１３-８０００", "CN", expect!["+8613800138000 13800138000 0138000"]);
        dial("138 0013 8000", "CN", expect!["+8613800138000 13800138000 0138000"]);
        dial("(702) 919-1300", "US", expect!["+17029191300 7029191300 9191300"]);
    }

    #[test]
    fn numbers_no_plan_knows_are_kept() {
        dial("702-919-1300", "", expect!["- 7029191300 9191300"]);
        dial("555 12", "GB", expect!["- 55512 -"]);
        dial("call me", "GB", expect!["-  -"]);
    }
}

mod identifiers {
    use super::*;

    #[track_caller]
    fn check(read: Identifier, normal: &str, passed: Check) {
        assert_eq!((read.normal.as_str(), read.check), (normal, passed));
    }

    #[test]
    fn chinese_social_credit_codes() {
        // GB 32100-2015, the example of its annex, and the codes of Huawei and Tencent.
        for code in ["91350100M000100Y43", "914403001922038216", "9144030071526726XG"] {
            check(identifier::registration("CN-USCC", code, None), code, Check::Passed);
        }
        check(
            identifier::registration("CN-USCC", " 91 4403 0019 2203 8217", None),
            "914403001922038217",
            Check::Failed,
        );
    }

    #[test]
    fn british_registrations() {
        check(identifier::registration("GB-COH", "445790", None), "00445790", Check::Unknown);
        check(identifier::registration("GB-COH", "sc12345", None), "SC012345", Check::Unknown);
        check(identifier::registration("GB-COH", "1234567890", None), "1234567890", Check::Failed);
        // HMRC's own number, and the worked example of its validation rule.
        check(identifier::registration("GB-VAT", "GB 980 7806 84", None), "GB980780684", Check::Passed);
        check(identifier::registration("GB-VAT", "GB 980 7806 85", None), "GB980780685", Check::Failed);
    }

    #[test]
    fn european_numbers_carry_their_state() {
        let country = |code: &str| code.parse::<Country>().ok();
        check(identifier::registration("EU-VAT", "123456789", country("DE")), "DE123456789", Check::Failed);
        check(identifier::registration("EU-VAT", "GR 123456789", None), "EL123456789", Check::Failed);
        check(identifier::registration("EU-VAT", "U13585627", country("AT")), "ATU13585627", Check::Passed);
        check(identifier::registration("EU-VAT", "BE 428.759.497", None), "BE0428759497", Check::Passed);
        check(identifier::registration("EU-VAT", "GR 94259216", None), "EL094259216", Check::Passed);
        // A person's number of Latvia, and one of Bulgaria: their rules are not known here.
        check(identifier::registration("EU-VAT", "LV16117519997", None), "LV16117519997", Check::Unknown);
        check(identifier::registration("EU-VAT", "BG7523169263", None), "BG7523169263", Check::Unknown);
        check(identifier::registration("EU-VAT", "CZ7103192745", None), "CZ7103192745", Check::Passed);
        // The second step of the check digit.
        check(identifier::registration("EU-VAT", "LT100004801610", None), "LT100004801610", Check::Passed);
        check(identifier::registration("EU-VAT", "IE8+79739I", None), "IE879739I", Check::Unknown);
        check(identifier::registration("EU-VAT", "A", None), "A", Check::Unknown);
        // ISO 17442: the code of the Global LEI Foundation.
        check(identifier::registration("LEI", "506700GE1G29325QX363", None), "506700GE1G29325QX363", Check::Passed);
        check(identifier::registration("LEI", "506700GE1G29325QX364", None), "506700GE1G29325QX364", Check::Failed);
    }

    #[test]
    fn european_check_digits_state_by_state() {
        // The examples of python-stdnum 2.2.
        for good in [
            "ATU13585627",
            "BE0428759497",
            "BG175074752",
            "CY10259033P",
            "CZ25123891",
            "CZ640903926",
            "DE129273398",
            "DE136695976",
            "DK13585628",
            "EE100594102",
            "EL094259216",
            "ES54362315K",
            "ESX2482300W",
            "ESA13585625",
            "ESB58378431",
            "ESJ99216582",
            "FI20774740",
            "FR40303265045",
            "FR23334175221",
            "FRK7399859412",
            "FR4Z123456782",
            "HR33392005961",
            "HU12892312",
            "IE6433435F",
            "IE6433435OA",
            "IE8D79739I",
            "IT00743110157",
            "LT119511515",
            "LT100001919017",
            "LU15027442",
            "LV40003521600",
            "MT11679112",
            "NL004495445B01",
            "NL002455799B11",
            "PL8567346215",
            "PT501964843",
            "RO18547290",
            "SE556012579001",
            "SI50223054",
            "SK2022749619",
        ] {
            check(identifier::registration("EU-VAT", good, None), good, Check::Passed);
            // Another digit in the middle is another number with the old check digit.
            let mut bad = good.as_bytes().to_vec();
            bad[7] = if bad[7] == b'9' { b'0' } else { bad[7] + 1 };
            let bad = String::from_utf8(bad).unwrap();
            check(identifier::registration("EU-VAT", &bad, None), &bad, Check::Failed);
        }
        for bad in ["FR1", "ESÑ2345678", "NLB", "DE", "BE1"] {
            assert_ne!(identifier::registration("EU-VAT", bad, None).check, Check::Passed, "{bad}");
        }
    }

    #[test]
    fn bank_accounts() {
        // ECBS, IBAN register examples.
        check(identifier::payment("IBAN", "gb82 west 1234 5698 7654 32"), "GB82WEST12345698765432", Check::Passed);
        check(identifier::payment("IBAN", "GB82 WEST 1234 5698 7654 33"), "GB82WEST12345698765433", Check::Failed);
        check(identifier::payment("GB-BANK", "20-00-00 55779911"), "20000055779911", Check::Unknown);
        check(identifier::payment("GB-BANK", "20-00-00 5577991"), "20000005577991", Check::Unknown);
        check(identifier::payment("GB-BANK", "20-00-00 557799"), "20000000557799", Check::Unknown);
        check(identifier::payment("GB-BANK", "20-00-00 155779911"), "20000155779911", Check::Unknown);
        check(identifier::payment("GB-BANK", "20-00-00 55779"), "20000055779", Check::Failed);
        let account = |iban: &str| identifier::british_account(&identifier::payment("IBAN", iban));
        check(account("gb82 west 1234 5698 7654 32").unwrap(), "12345698765432", Check::Passed);
        assert_eq!(account("GB82 WEST 1234 5698 7654 33"), None, "its own check digits fail");
        assert_eq!(account("DE89370400440532013000"), None);
        assert!(identifier::payment("CARD", "411111******1111").weak);
        check(identifier::payment("CARD", "411111…1111"), "411111…1111", Check::Passed);
    }

    #[test]
    fn account_numbers_of_banks_as_their_register_prints_them() {
        // SWIFT, IBAN Registry: the examples in electronic format.
        for good in [
            "AD1200012030200359100100",
            "AT611904300234573201",
            "BE68539007547034",
            "CH9300762011623852957",
            "DE89370400440532013000",
            "ES9121000418450200051332",
            "FR1420041010050500013M02606",
            "GB29NWBK60161331926819",
            "IT60X0542811101000000123456",
            "MT84MALT011000012345MTLCAST001S",
            "NL91ABNA0417164300",
            "NO9386011117947",
            "PL61109010140000071219812874",
            "SA0380000000608010167519",
            "SE4550000000058398257466",
        ] {
            check(identifier::payment("IBAN", good), good, Check::Passed);
            let mut bad = good.as_bytes().to_vec();
            bad[3] = if bad[3] == b'9' { b'0' } else { bad[3] + 1 };
            let bad = String::from_utf8(bad).unwrap();
            check(identifier::payment("IBAN", &bad), &bad, Check::Failed);
        }
    }

    #[test]
    fn wallet_names_are_mail_phone_or_id() {
        check(identifier::payment("PAYPAL", "Best.Deals@gmail.com"), "bestdeals@gmail.com", Check::Passed);
        check(identifier::payment("PAYPAL", "https://paypal.me/BestDeals"), "paypal.me/bestdeals", Check::Unknown);
        check(identifier::payment("ALIPAY", "138-0013-8000"), "+8613800138000", Check::Passed);
        check(identifier::payment("ALIPAY", "2088123456789012"), "2088123456789012", Check::Passed);
        check(identifier::payment("WECHAT_PAY", "WxId_ABC"), "wxid_abc", Check::Unknown);
    }

    #[test]
    fn bitcoin_addresses() {
        // BIP 13, BIP 173, BIP 350 and the genesis block.
        for good in [
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            // Bitcoin Core, key_io_valid.json.
            "1AGNa15ZQXAZUgFiqJ2i7Z2DPU2J6hW62i",
            "3CMNFxN1oHBc4R1EpboAL5yzHGgE611Xou",
            "3P14159f73E4gFr7JterCCQh9QjiTjiZrG",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        ] {
            check(identifier::payment("BTC", good), good, Check::Passed);
        }
        // BIP 350: later versions of the witness, which wallets may pay to, in the checksum of bech32m.
        for good in [
            "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
            "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs",
        ] {
            check(identifier::payment("BTC", good), good, Check::Passed);
        }
        // BIP 350: bech32 for bech32m and the other way round, a wrong character, a wrong version, a wrong length.
        for bad in [
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh",
            "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
            "bc130xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq7zws8r",
            "bc1pw5dgrnzv",
        ] {
            check(identifier::payment("BTC", bad), bad, Check::Failed);
        }
        let upper = identifier::payment("BTC", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4");
        check(upper, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", Check::Passed);
        for bad in ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "1"] {
            check(identifier::payment("BTC", bad), bad, Check::Failed);
        }
    }

    #[test]
    fn ethereum_addresses() {
        // EIP-55, test cases.
        for good in [
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
            "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
            "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        ] {
            check(identifier::payment("ETH", good), &good.to_lowercase(), Check::Passed);
        }
        // The same list: all of one case, which says nothing.
        for plain in [
            "0x52908400098527886E0F7030069857D2E4169EE7",
            "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
            "0xde709f2102306220921060314715629080e2fb77",
            "0x27b1fdb04752bbc536007a920d24acb045561c26",
        ] {
            check(identifier::payment("ETH", plain), &plain.to_lowercase(), Check::Unknown);
        }
        let lower = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
        check(identifier::payment("ETH", lower), lower, Check::Unknown);
        check(identifier::payment("ETH", "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"), lower, Check::Failed);
    }

    #[test]
    fn tron_addresses() {
        // TRON developer documentation, account address format: 418840E6C55B9ADA326D211D818C34A994AECED808.
        let example = "TNPeeaaFB7K9cmo4uQpcU32zGK8G1NYqeL";
        check(identifier::payment("USDT-TRC20", example), example, Check::Passed);
        // The contract of USDT itself.
        let good = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";
        check(identifier::payment("USDT-TRC20", good), good, Check::Passed);
        check(
            identifier::payment("USDT-TRC20", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u").clone(),
            "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u",
            Check::Failed,
        );
    }

    #[test]
    fn handles_come_out_of_addresses() {
        check(identifier::handle("TELEGRAM", "https://t.me/BestDeals"), "bestdeals", Check::Unknown);
        check(identifier::handle("TELEGRAM", "@BestDeals"), "bestdeals", Check::Unknown);
        check(identifier::handle("INSTAGRAM", "www.instagram.com/best.deals/?hl=en"), "best.deals", Check::Unknown);
        check(identifier::handle("TIKTOK", "https://www.tiktok.com/@bestdeals"), "bestdeals", Check::Unknown);
        check(identifier::handle("WHATSAPP", "+44 20 7946 0958"), "+442079460958", Check::Passed);
        check(identifier::handle("WHATSAPP", "https://wa.me/442079460958"), "+442079460958", Check::Passed);
        check(identifier::handle("wechat", "13800138000"), "+8613800138000", Check::Passed);
        assert_eq!(identifier::handle_number("WhatsApp", "+44 20 7946 0958").as_deref(), Some("+442079460958"));
        assert_eq!(identifier::handle_number("WECHAT", "138 0013 8000").as_deref(), Some("+8613800138000"));
        for (service, other) in [("WECHAT", "bestdeals"), ("WECHAT", "2345678901"), ("TELEGRAM", "5123456789")] {
            assert_eq!(identifier::handle_number(service, other), None, "{service} {other}");
        }
        assert_eq!(identifier::handle_number("INSTAGRAM", "+442079460958"), None);
        check(identifier::handle("QQ", "QQ: 1234567"), "1234567", Check::Passed);
    }

    #[test]
    fn article_numbers_of_every_length_are_one() {
        // GS1 General Specifications, figure 7.9-1 (GTIN-13 6291041500213).
        check(identifier::gtin("6291041500213"), "06291041500213", Check::Passed);
        check(identifier::gtin("0 36000 29145 2"), "00036000291452", Check::Passed);
        check(identifier::gtin("6291041500214"), "06291041500214", Check::Failed);
        check(identifier::gtin("123"), "123", Check::Failed);
    }

    #[test]
    fn trackers_name_their_account() {
        check(identifier::tracker("GOOGLE_ANALYTICS", "ua-12345-2"), "UA-12345", Check::Passed);
        check(identifier::tracker("GOOGLE_ANALYTICS", "G-abc123"), "G-ABC123", Check::Passed);
        check(identifier::tracker("ADSENSE", "ca-pub-1234567890123456"), "PUB-1234567890123456", Check::Passed);
        check(identifier::tracker("ADSENSE", "pub-1"), "PUB-1", Check::Failed);
    }

    #[test]
    fn digests_of_keys_and_pictures_are_one_in_every_spelling() {
        // FIPS 180-4: SHA-256 of `abc`.
        let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        for written in [
            hex,
            "SHA256:BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD",
            "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
            "sha256/ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
        ] {
            check(identifier::tracker("TLS_KEY", written), hex, Check::Passed);
        }
        check(identifier::tracker("FAVICON", "-1840324437"), "-1840324437", Check::Passed);
        check(identifier::tracker("TLS_KEY", "AB:CD:ef"), "abcdef", Check::Failed);
        check(
            identifier::tracker("TLS_KEY", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa!="),
            "ungwv48bz+pbqudexa4ii7adyaowf3qctbd/yfiafa!=",
            Check::Failed,
        );
    }
}

mod addresses {
    use super::*;

    fn show(read: &address::PostalAddress) -> String {
        let mut parts = Vec::new();
        let street = read.street.join(" ");
        for (what, value) in [
            ("no", read.number.as_deref()),
            ("street", Some(street.as_str())),
            ("unit", read.unit.as_deref()),
            ("town", read.locality.as_deref()),
            ("region", read.region.as_deref()),
            ("code", read.postcode.as_deref()),
        ] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                parts.push(format!("{what}: {value}"));
            }
        }
        parts.join(", ")
    }

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let record = Address { text: Some(text.to_owned()), ..Address::default() };
        expected.assert_eq(&address::address(&record).map_or_else(|| "nothing".to_owned(), |read| show(&read)));
    }

    #[track_caller]
    fn street(text: &str, expected: Expect) {
        let record = Address { street: Some(text.to_owned()), ..Address::default() };
        expected.assert_eq(&show(&address::address(&record).unwrap()));
    }

    #[test]
    fn american_lines() {
        check(
            "123 Main Street, Las Vegas NV 89132",
            expect!["no: 123, street: main st, town: las vegas, region: nv, code: 89132"],
        );
        check("27 Washington Oak Park IL 60302", expect!["no: 27, street: washington oak pk, region: il, code: 60302"]);
        check("221 E. 51st St.", expect!["no: 221, street: e 51st st"]);
        check(
            "1600 Pennsylvania Avenue NW, Washington, DC 20500-0003, USA",
            expect!["no: 1600, street: pennsylvania ave nw, town: washington, region: dc, code: 20500"],
        );
        check(
            "350 Fifth Ave Apt 4B, New York, New York 10118",
            expect!["no: 350, street: fifth ave, unit: apt 4b, town: new york, region: ny, code: 10118"],
        );
        check("PO Box 123, Reno, Nevada 89501", expect!["unit: box 123, town: reno, region: nv, code: 89501"]);
    }

    #[test]
    fn british_lines() {
        check("4 Hillview Rise", expect!["no: 4, street: hillview rise"]);
        check(
            "Flat 2, 12a High Street, Newport, NP20 1AB",
            expect!["no: 12a, street: high st, unit: flat 2, town: newport, code: NP201AB"],
        );
        check("10 Downing St, London SW1A2AA, UK", expect!["no: 10, street: downing st, town: london, code: SW1A2AA"]);
        check(
            "Rose Cottage, Mill Lane, Ely, cb7 4dl",
            expect!["street: rose cottage mill ln, town: ely, code: CB74DL"],
        );
    }

    #[test]
    fn chinese_lines() {
        check("广东省深圳市南山区科技路1号", expect!["no: 1, street: 南山区 科技路, town: 深圳市, region: 广东省"]);
        check(
            "浙江省義烏市稠州北路777号3栋201室",
            expect!["no: 777, street: 稠州北路, unit: 3栋 201室, town: 义乌市, region: 浙江省"],
        );
    }

    #[test]
    fn street_fields() {
        street("Hauptstraße 12", expect!["no: 12, street: hauptstrasse"]);
        street("12 a Bridge Road", expect!["no: 12a, street: brg rd"]);
        street("No. 5 King's Rd.", expect!["no: 5, street: kings rd"]);
        street("12-14 Old Mill Ln", expect!["no: 12-14, street: old mill ln"]);
        street("Suite 200, 5 Park Ave", expect!["no: 5, street: pk ave, unit: ste 200"]);
    }

    #[test]
    fn fields_win_over_the_line() {
        let record = Address {
            street: Some("1 High Street".to_owned()),
            locality: Some("Oxford".to_owned()),
            region: Some("California".to_owned()),
            postcode: Some("ox1 4aa".to_owned()),
            ..Address::default()
        };
        expect!["no: 1, street: high st, town: oxford, region: ca, code: OX14AA"]
            .assert_eq(&show(&address::address(&record).unwrap()));
        assert!(address::address(&Address { text: Some("--".to_owned()), ..Address::default() }).is_none());
    }
}

mod sites {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let read = match url::site(text) {
            Some(site) => format!(
                "{} | {} | {} . {} | {:?} {:?}",
                site.host,
                site.registrable.as_deref().unwrap_or("-"),
                site.label,
                site.suffix,
                site.subdomain,
                site.path_id
            ),
            None => "none".to_owned(),
        };
        expected.assert_eq(&read);
    }

    #[test]
    fn hosts_without_their_trimmings() {
        check(
            "HTTPS://user@www.Nike-Sale.co.uk:8443/x?y#z",
            expect!["nike-sale.co.uk | nike-sale.co.uk | nike-sale . co.uk | [] None"],
        );
        check("nikesale.com", expect!["nikesale.com | nikesale.com | nikesale . com | [] None"]);
        check(
            "//cdn.shop.nikesale.com/a",
            expect![[r#"cdn.shop.nikesale.com | nikesale.com | nikesale . com | ["cdn", "shop"] None"#]],
        );
        check(
            "https://bücher.example/",
            expect!["xn--bcher-kva.example | xn--bcher-kva.example | bücher . example | [] None"],
        );
        check("http://93.184.216.34/shop", expect!["93.184.216.34 | - | 93.184.216.34 .  | [] None"]);
        check("http://[2001:db8::1]:80/", expect!["2001:db8::1 | - | 2001:db8::1 .  | [] None"]);
    }

    #[test]
    fn shared_hosts_name_their_owner() {
        check(
            "https://nike-sale.myshopify.com/collections",
            expect!["nike-sale.myshopify.com | nike-sale.myshopify.com | nike-sale . myshopify.com | [] None"],
        );
        check(
            "https://www.etsy.com/shop/NikeSale",
            expect![[r#"etsy.com | etsy.com | etsy . com | [] Some("nikesale")"#]],
        );
        check("https://t.me/nikesale", expect![[r#"t.me | t.me | t . me | [] Some("nikesale")"#]]);
        assert!(url::is_shared_host("myshopify.com"));
        assert!(!url::is_shared_host("nikesale.com"));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in ["", "http://", "not a host", "localhost", "a..b", "https://-/"] {
            check(text, expect!["none"]);
        }
    }

    #[test]
    fn labels_without_hyphens_and_counters() {
        assert_eq!(url::label_key("nike-sale2"), "nikesale");
        assert_eq!(url::label_key("1688"), "1688");
        assert!(url::is_generic_subdomain("shop"));
        assert!(!url::is_generic_subdomain("nikesale"));
    }
}

mod brands {
    use super::*;

    #[track_caller]
    fn check(title: &str, expected: Expect) {
        let scan = Brands::shipped().scan(title);
        let mut lines: Vec<String> =
            scan.brands.iter().map(|found| format!("{} {}", found.brand, found.ways)).collect();
        lines.extend(scan.codes.iter().map(|found| format!("{:?} {} {}", found.sense, found.word, found.ways)));
        lines.extend(scan.disguised.iter().map(|found| format!("{:?} {}", &title[found.start..found.end], found.ways)));
        expected.assert_eq(&lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("; "));
    }

    #[test]
    fn a_brand_as_it_is_written() {
        check("Nike Air trainers", expect!["nike"]);
        check("LOUIS-VUITTON bag and louisvuitton belt", expect!["louisvuitton; louisvuitton"]);
        check("新款耐克运动鞋", expect!["nike"]);
        check("NikeShoes, nike90, Nikes", expect!["nike; nike; nike"]);
    }

    #[test]
    fn a_brand_in_letters_that_imitate_it() {
        check("Νikе shoes", expect![[r#"nike cyrillic+greek; "Νikе" cyrillic+greek"#]]);
        check(
            "ɢᴜᴄᴄɪ 𝐏𝐫𝐚𝐝𝐚 🅳🅸🅾🆁 Ｆｅｎｄｉ 🇳🇮🇰🇪",
            expect![[
                r#"gucci small; prada styled; dior styled; fendi wide; nike styled; "ɢᴜᴄᴄɪ" small; "𝐏𝐫𝐚𝐝𝐚" styled; "🅳🅸🅾🆁" styled; "🇳🇮🇰🇪" styled"#
            ]],
        );
        check("N\u{200B}i\u{200B}k\u{200B}e", expect![[r#"nike invisible; "N\u{200b}i\u{200b}k\u{200b}e" invisible"#]]);
        check("\u{202D}R\u{202D}o\u{202D}lex", expect![[r#"rolex bidi; "R\u{202d}o\u{202d}lex" bidi"#]]);
    }

    #[test]
    fn a_brand_spelt_out_or_with_digits_and_stars() {
        check(
            "n.i.k.e | N I K E | n🔥i🔥k🔥e",
            expect![[
                r#"nike spelt; nike spelt; nike spelt+pictures; "n.i.k.e" spelt; "N I K E" spelt; "n🔥i🔥k🔥e" spelt+pictures"#
            ]],
        );
        check(
            "N1K3, 4d1d4$, $upreme, GUCC!",
            expect![[
                r#"nike leet; adidas leet; supreme leet; gucci leet; "N1K3" leet; "4d1d4$" leet; "$upreme" leet; "GUCC!" leet"#
            ]],
        );
        check("N*ke and 香*儿", expect![[r#"nike mask; chanel mask; "N*ke" mask; "香*儿" mask"#]]);
        check("arrnani bag", expect![[r#"armani digraph; "arrnani" digraph"#]]);
    }

    #[test]
    fn a_chinese_brand_in_other_characters_by_its_sound_and_in_pictures() {
        check(
            "香奈兒 xiang nai er 香nai儿 爱🐎仕",
            expect![[r#"chanel; chanel pinyin; chanel pinyin; hermes pictures; "爱🐎仕" pictures"#]],
        );
    }

    #[test]
    fn words_that_only_look_like_a_brand() {
        check("Nikita, Nikkei, pumice, Diorama, Sonya, Legolas, Cartierville", expect![[""]]);
        check("CAS10 hinge, B055 bracket, 8O5E gasket", expect![[""]]);
        check("三星级酒店毛巾 有机小米粥 苹果树苗", expect![[""]]);
        check("supreme pizza, apple pie, off white paint", expect![[""]]);
    }

    #[test]
    fn a_word_of_its_own_is_a_brand_where_something_says_so() {
        check("supreme hoodie, 1:1", expect!["supreme; Exact 1:1"]);
        check("苹果手机 iPhone", expect!["apple; apple"]);
        check("5upreme hoodie", expect![[r#"supreme leet; "5upreme" leet"#]]);
    }

    #[test]
    fn code_words_where_they_are_meant() {
        check("Rolex AAA, mirror quality", expect!["rolex; Grade AAA; Copy mirror quality"]);
        check("AAA batteries for a mirror", expect![[""]]);
        check("高仿 古驰 原单 A货", expect!["gucci; Copy 高仿; Source 原单; Grade A货"]);
        check("1:10 model, 1 1 2024, 1:1 scale model", expect![[""]]);
    }

    #[test]
    fn a_disguised_word_that_is_no_known_brand() {
        check("Аurеllе tote", expect![[r#""Аurеllе" cyrillic"#]]);
        check("Straße, Ωmega-3, Москва, Ｎｅｗ", expect![[r#"omega greek; "Ωmega" greek"#]]);
    }

    #[test]
    fn lists_are_refused_by_line() {
        use brand::BrandError;
        assert!(matches!(Brands::read("# note\nacme\tAcme\ten\n"), Err(BrandError::Line { line: 2 })));
        assert!(matches!(Brands::read("acme\tAcme\ten\t7\n"), Err(BrandError::Line { line: 1 })));
        assert_eq!(*Brands::read("acme\tAcme\ten\t1\n").unwrap().scan("4CME").brands[0].brand, *"acme");
    }
}

mod phrases {
    use super::*;
    use phrase::{PHRASES_MAX, Sort, phrases};

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let lines = phrases(text).into_iter().map(|phrase| {
            let sort = match phrase.sort {
                Sort::Code => "code",
                Sort::Sentence => "sentence",
                Sort::SentenceAroundCode => "sentence around a code",
            };
            format!("{sort} {}\n", phrase.text)
        });
        expected.assert_eq(&lines.collect::<String>());
    }

    #[test]
    fn codes_and_sentences_of_a_text() {
        check(
            "Same factory as the boutique, lot 9C8B2 in red. Posted within 24 hours; old customers enter 9c8b2!",
            expect![[r#"
                sentence same factory as the boutique
                code 9c8b2
                sentence around a code lot 9c8b2 in red
                sentence posted within 24 hours
                sentence around a code old customers enter 9c8b2
            "#]],
        );
        check(
            "洗过66次黑色依旧，支持48天退换，附盒子卡片９Ｃ８Ｂ２和黑色防尘袋，加QQ：83620175。",
            expect![[r#"
                sentence 洗过 66 次黑色依旧
                code 9c8b2
                sentence around a code 附盒子卡片 9c8b2 和黑色防尘袋
                code 83620175
            "#]],
        );
    }

    #[test]
    fn quantities_models_and_article_numbers_are_no_codes() {
        for text in
            ["5000mAh", "100pcs", "1080p", "XL42", "iPhone", "since 2019", "4006381333931", "£1,299.00", "手机壳"]
        {
            assert!(!phrases(text).iter().any(|phrase| phrase.sort == Sort::Code), "{text}");
        }
    }

    proptest! {
        #[test]
        fn phrases_are_folded_few_and_found_once(text in ".{0,300}") {
            let found = phrases(&text);
            prop_assert!(found.len() <= PHRASES_MAX);
            for (at, phrase) in found.iter().enumerate() {
                prop_assert_eq!(&text::fold(&phrase.text), &phrase.text);
                prop_assert!(found[at + 1..].iter().all(|other| other.text != phrase.text));
            }
        }
    }
}

mod offers {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(titles: &[&str], expected: Expect) {
        let lines = titles.iter().map(|title| {
            let scan = Brands::shipped().scan(title);
            format!("{title} | {} | {}\n", offer::substance(title, &scan, ""), offer::title(title, &scan, "").joined)
        });
        expected.assert_eq(&lines.collect::<String>());
    }

    #[test]
    fn titles_without_what_everybody_writes() {
        check(
            &[
                "Lumora face serum 30ml — FREE UK Delivery!",
                "BRAND NEW in box Lumora 30 serum 2",
                "雅诗小棕瓶 全国包邮【正品保证】",
                "Pennywhistle 毛绒狐狸玩具，专柜正品同款",
                "free shipping",
                "",
            ],
            expect![[r#"
                Lumora face serum 30ml — FREE UK Delivery! | lumora face serum 30ml | 30ml face lumora serum
                BRAND NEW in box Lumora 30 serum 2 | lumora 30 serum 2 | lumora serum
                雅诗小棕瓶 全国包邮【正品保证】 | 雅诗小棕瓶 | 雅诗小棕瓶
                Pennywhistle 毛绒狐狸玩具，专柜正品同款 | pennywhistle 毛绒狐狸玩具 | pennywhistle 毛绒狐狸玩具
                free shipping | free shipping | free shipping
                 |  | 
            "#]],
        );
    }

    #[test]
    fn prices_in_one_spelling() {
        let price = |currency, amount| offer::price(currency, amount).unwrap_or_default();
        assert_eq!(price(Some("GBP"), Some("012.50")), "GBP 12.5");
        assert_eq!(price(Some("GBP"), Some("12")), "GBP 12");
        assert_eq!(price(None, Some("0.99")), " .99");
        assert_eq!(offer::price(Some("GBP"), Some("0.00")), None);
        assert_eq!(offer::price(Some("GBP"), None), None);
    }

    #[track_caller]
    fn check_addresses(addresses: &[&str], expected: Expect) {
        let line = |address: &&str| match platform::named_in(address) {
            Some(named) => format!("{address} | {} {} {:?}\n", named.family, named.id, named.sort),
            None => format!("{address} | nobody\n"),
        };
        expected.assert_eq(&addresses.iter().map(line).collect::<String>());
    }

    #[test]
    fn shops_and_profiles_in_addresses() {
        check_addresses(
            &[
                "https://www.ebay.co.uk/usr/NikeSale?_trksid=1",
                "ebay.com/sch/nikesale/m.html",
                "https://www.ebay.com/itm/123456",
                "https://www.amazon.de/s?k=shoes&me=A1B2C3",
                "https://shop123.taobao.com/",
                "https://www.taobao.com/",
                "https://www.tiktok.com/@nike.sale/video/1",
                "https://www.instagram.com/p/Abc123/",
                "https://www.instagram.com/nikesale_uk",
                "https://instagram.com.evil.example/nikesale_uk",
                "https://notinstagram.com/nikesale_uk",
                "https://t.me/s/nikesale",
                "https://www.facebook.com/profile.php?id=1",
                "https://example.com/usr/nikesale",
                "https://www.instagram.com/@/",
                "",
            ],
            expect![[r#"
                https://www.ebay.co.uk/usr/NikeSale?_trksid=1 | ebay nikesale Market
                ebay.com/sch/nikesale/m.html | ebay nikesale Market
                https://www.ebay.com/itm/123456 | nobody
                https://www.amazon.de/s?k=shoes&me=A1B2C3 | amazon a1b2c3 Market
                https://shop123.taobao.com/ | taobao shop123 Market
                https://www.taobao.com/ | nobody
                https://www.tiktok.com/@nike.sale/video/1 | tiktok nike.sale Social
                https://www.instagram.com/p/Abc123/ | nobody
                https://www.instagram.com/nikesale_uk | instagram nikesale_uk Social
                https://instagram.com.evil.example/nikesale_uk | nobody
                https://notinstagram.com/nikesale_uk | nobody
                https://t.me/s/nikesale | telegram nikesale Social
                https://www.facebook.com/profile.php?id=1 | nobody
                https://example.com/usr/nikesale | nobody
                https://www.instagram.com/@/ | nobody
                 | nobody
            "#]],
        );
        assert_eq!(platform::family("ebay_uk"), Some(("ebay", Sort::Market)));
        assert_eq!(platform::family("instagram"), Some(("instagram", Sort::Social)));
        assert_eq!(platform::family("corner_shop"), None);
    }

    #[test]
    fn messengers_and_payees_in_addresses() {
        check_addresses(
            &[
                "https://wa.me/447700900123?text=hi",
                "https://wa.me/message/ABCDE12345",
                "https://api.whatsapp.com/send?phone=%2B447700900123&text=hi",
                "https://u.wechat.com/kKq8aZ_Xy",
                "https://www.paypal.me/BestDeals/25GBP",
                "https://www.paypal.com/paypalme/BestDeals",
                "https://www.paypal.com/uk/home",
                "https://qr.alipay.com/fkx1234567abcd?t=1",
                "https://linktr.ee/bestdeals",
            ],
            expect![[r#"
                https://wa.me/447700900123?text=hi | whatsapp 447700900123 Social
                https://wa.me/message/ABCDE12345 | whatsapp abcde12345 Social
                https://api.whatsapp.com/send?phone=%2B447700900123&text=hi | whatsapp 447700900123 Social
                https://u.wechat.com/kKq8aZ_Xy | wechat kkq8az_xy Social
                https://www.paypal.me/BestDeals/25GBP | paypal bestdeals Payment
                https://www.paypal.com/paypalme/BestDeals | paypal bestdeals Payment
                https://www.paypal.com/uk/home | nobody
                https://qr.alipay.com/fkx1234567abcd?t=1 | alipay fkx1234567abcd Payment
                https://linktr.ee/bestdeals | linktree bestdeals Social
            "#]],
        );
    }

    #[test]
    fn offers_in_addresses() {
        for (address, family, number) in [
            ("https://www.ebay.co.uk/itm/256123456789?hash=x", "ebay", "256123456789"),
            ("https://www.ebay.com/itm/Red-bag-30cm/256123456789", "ebay", "256123456789"),
            ("https://www.amazon.de/Red-Bag/dp/B08N5WRWNW/ref=sr_1_1?keywords=bag", "amazon", "B08N5WRWNW"),
            ("https://www.etsy.com/uk/listing/1234567890/red-bag", "etsy", "1234567890"),
            ("https://www.aliexpress.com/item/1005001234567890.html", "aliexpress", "1005001234567890"),
            ("https://item.taobao.com/item.htm?spm=a1z10&id=612345678901", "taobao", "612345678901"),
            ("https://detail.tmall.com/item.htm?id=612345678901&skuId=1", "tmall", "612345678901"),
            ("https://detail.1688.com/offer/612345678901.html", "1688", "612345678901"),
            ("https://www.temu.com/goods.html?goods_id=601099512345678", "temu", "601099512345678"),
            ("https://www.facebook.com/marketplace/item/1234567890123/", "facebook", "1234567890123"),
        ] {
            assert_eq!(platform::offer_in(address), Some((family, number.to_owned())), "{address}");
        }
        for address in [
            "https://www.ebay.co.uk/itm/",
            "https://www.ebay.co.uk/usr/seller123456",
            "https://shop.example/itm/256123456789",
            "",
        ] {
            assert_eq!(platform::offer_in(address), None, "{address}");
        }
    }

    #[test]
    fn what_a_qr_code_reaches() {
        let read = |text: &str| {
            let say = |target: Target| match target {
                Target::Phone(value) => format!("phone {value}"),
                Target::Email(value) => format!("mail {value}"),
                Target::Handle { service, value } => format!("{service} {value}"),
                Target::Payment { scheme, value } => {
                    format!("{scheme} {}", identifier::payment(&scheme, &value).normal)
                }
                Target::Site(value) => format!("site {value}"),
            };
            format!("{}\n", targets(text).into_iter().map(say).collect::<Vec<_>>().join(", "))
        };
        let texts = [
            "tel:+44-20-7946-0958;ext=1",
            "SMSTO:+442079460958:hello",
            "mailto:best.deals%40example.com?subject=x",
            "MATMSG:TO:shop@example.com;SUB:order;BODY:hi;;",
            // RFC 6350 in short, and the card of Japanese telephones.
            "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Shop\r\nTEL;TYPE=CELL:+442079460958\r\nitem1.EMAIL:shop@example.com\r\nURL:https://t.me/bestdeals\r\nEND:VCARD",
            "MECARD:N:Shop;TEL:+442079460958;EMAIL:shop@example.com;;",
            // BIP 21 and EIP-681, with their examples.
            "bitcoin:175tWpb8K1S7NmH4Zx6rewF9WQrcZv245W?amount=50&label=Luke-Jr",
            "ethereum:0xfb6916095ca1df60bb79Ce92ce3ea74c37c5d359?value=2.014e18",
            "ethereum:0x89205a3a3b2a69de6dbf7f01ed13b2108b2c43e7/transfer?address=0x8e23ee67d1332ad560396262c48ffbb01f93d052&uint256=1",
            "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
            "wxp://f2f0AbCdEf123456",
            "HTTPS://QR.ALIPAY.COM/FKX1234567ABCD",
            "https://paypal.me/BestDeals",
            "weixin://contacts/profile/bestdeals88",
            "https://u.wechat.com/kKq8aZ_Xy",
            "https://wa.me/442079460958",
            // EPC069-12.
            "BCD\n002\n1\nSCT\nBPOTBEB1\nRed Cross\nBE72000000001616\nEUR1",
            // Merchant-presented codes: of Hong Kong with a time, the one that the specification prints, and Brazil's.
            "00020126390012hk.com.hkicl02071234567050820260101520400005303344540410.55802HK5902NA6002HK63046AAD",
            "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN5914BEST TRANSPORT6007BEIJING64200002ZH0104最佳运输0202北京540523.7253031565502016233030412340603***0708A60086670902ME91320016A0112233449988770708123456786304A13A",
            "00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-4266554400005204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***63041D3D",
            "https://brand.example/verify?code=1",
            "WIFI:S:shop;T:WPA;P:secret;;",
            "1234567890128",
        ];
        expect![[r#"
            phone +44-20-7946-0958
            phone +442079460958
            mail best.deals@example.com
            mail shop@example.com
            phone +442079460958, mail shop@example.com, site https://t.me/bestdeals
            phone +442079460958, mail shop@example.com
            BTC 175tWpb8K1S7NmH4Zx6rewF9WQrcZv245W
            ETH 0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359
            ETH 0x8e23ee67d1332ad560396262c48ffbb01f93d052
            USDT-TRC20 TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t
            WECHAT_PAY wxp://f2f0abcdef123456
            ALIPAY qr.alipay.com/fkx1234567abcd
            PAYPAL paypal.me/bestdeals
            WECHAT bestdeals88
            site https://u.wechat.com/kKq8aZ_Xy
            site https://wa.me/442079460958
            IBAN BE72000000001616
            FPS 1234567
            D15600000000 A93FO3230Q, D15600000001 12345678
            PIX 123E4567E12B12D1A456426655440000



        "#]]
        .assert_eq(&texts.map(read).concat());
    }
}

/// Text with what breaks normalisers: look-alikes, marks, invisible characters, Han, jamo, signs.
fn nasty() -> impl Strategy<Value = String> {
    let nasty_char = prop_oneof![
        any::<char>(),
        proptest::char::range('\u{0}', '\u{7F}'),
        proptest::char::range('\u{300}', '\u{52F}'),
        proptest::char::range('\u{1100}', '\u{11FF}'),
        proptest::char::range('\u{1D00}', '\u{20FF}'),
        proptest::char::range('\u{3000}', '\u{31FF}'),
        proptest::char::range('\u{4E00}', '\u{9FFF}'),
        proptest::char::range('\u{FB00}', '\u{FFFF}'),
        prop::sample::select(vec![
            ' ',
            '.',
            '\'',
            '@',
            '$',
            ',',
            '，',
            '/',
            '-',
            '1',
            'а',
            'е',
            'о',
            'р',
            'п',
            'Ж',
            'n',
            'i',
            'k',
            'e',
            '\u{200B}',
            '\u{301}',
            '\u{306}',
            'и',
            '王',
            '單',
            '国',
            'が',
            '\u{3099}',
            '号',
            '市',
            'ß',
            'æ',
            '\u{1F170}',
            '#',
        ]),
    ];
    proptest::collection::vec(nasty_char, 0..24).prop_map(String::from_iter)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn folding_twice_changes_nothing(text in nasty()) {
        let once = text::fold(&text);
        prop_assert_eq!(text::fold(&once), once.clone());
        let leet = text::leet(&text);
        prop_assert_eq!(text::leet(&leet), leet.clone());
        prop_assert!(!once.starts_with(' ') && !once.ends_with(' ') && !once.contains("  "));
    }

    #[test]
    fn no_text_makes_anything_panic(text in nasty(), other in nasty(), vat_like in "[0-9A-Z]{0,13}") {
        let _ = (text::words(&text), text::shingles(&text, 3), name::person(&text), name::company(&text));
        let _ = (email::email(&text), url::site(&text), phone::phone(&text, "GB".parse().ok()), phone::phone(&text, None));
        let scan = Brands::shipped().scan(&text);
        let _ = (offer::substance(&text, &scan, ""), offer::title(&text, &scan, &other), platform::named_in(&text), platform::offer_in(&text), platform::family(&text), targets(&text));
        for scheme in ["CN-USCC", "GB-COH", "GB-VAT", "EU-VAT", "LEI", "OTHER"] {
            let _ = identifier::registration(scheme, &text, None);
        }
        for state in ["AT", "BE", "DE", "DK", "EL", "ES", "FI", "FR", "HU", "IE", "IT", "NL", "PL", "PT", "RO", "SE"] {
            let _ = identifier::registration("EU-VAT", &format!("{state}{text}"), None);
            let _ = identifier::registration("EU-VAT", &format!("{state}{vat_like}"), None);
        }
        for scheme in ["IBAN", "GB-BANK", "CN-BANK", "CARD", "PAYPAL", "ALIPAY", "WECHAT_PAY", "BTC", "ETH", "USDT-TRC20"] {
            let _ = identifier::payment(scheme, &text);
        }
        let _ = (identifier::handle("WECHAT", &text), identifier::gtin(&text), identifier::tracker("ADSENSE", &text));
        let record = Address { text: Some(text.clone()), street: Some(other).filter(|text| !text.is_empty()), ..Address::default() };
        let _ = address::address(&record);
        let _ = address::address(&Address { text: Some(text), ..Address::default() });
    }

    #[test]
    fn a_name_is_one_in_any_order_of_its_words(words in proptest::collection::vec("[a-z]{3,9}", 1..4)) {
        let forward = name::person(&words.join(" "));
        let mut reversed = words;
        reversed.reverse();
        let backward = name::person(&reversed.join(" "));
        // Titles and generations depend on where they stand.
        if let (Some(forward), Some(backward)) = (forward, backward) && forward.suffix == backward.suffix && forward.tokens.len() == backward.tokens.len() {
            prop_assert_eq!(forward.joined, backward.joined);
        }
    }

    #[test]
    fn mail_sites_and_identifiers_are_stable(local in "[a-z0-9.+-]{1,12}", host in "[a-z]{1,8}\\.(com|co\\.uk|de)") {
        if let Some(mail) = email::email(&format!("{local}@{host}")) {
            prop_assert_eq!(email::email(&mail.canonical).map(|mail| mail.canonical), Some(mail.canonical));
        }
        let site = url::site(&host);
        prop_assert_eq!(site.clone().and_then(|site| url::site(&site.host)), site);
    }
}

#[test]
fn common_characters_are_their_own_normal_form() {
    for c in ('\u{80}'..=char::MAX).filter(|&c| text::is_its_own_normal_form(c)) {
        assert!(text::is_its_own_normal_form_in_full(c), "{c:?}");
    }
}

#[test]
fn a_megabyte_takes_no_quadratic_time() {
    for piece in ["a ", "a.", "王", "п", "n.і", "@", "1/", "Ltd ", "#1 ", "有限公司"] {
        let long = piece.repeat(1_000_000 / piece.len());
        let start = std::time::Instant::now();
        let _ = (text::fold(&long), text::leet(&long), name::person(&long), name::company(&long));
        let _ = (email::email(&long), url::site(&long), phone::phone(&long, None), identifier::payment("BTC", &long));
        let scan = Brands::shipped().scan(&long);
        let _ = (offer::substance(&long, &scan, ""), offer::title(&long, &scan, ""), platform::named_in(&long));
        let _ = address::address(&Address { text: Some(long), ..Address::default() });
        assert!(start.elapsed().as_secs() < 5, "{piece:?} took {:?}", start.elapsed());
    }
}

#[test]
fn alias_files_are_refused_by_line() {
    use super::alias::{AliasError, Aliases};
    assert!(matches!(Aliases::read(b"# note\nacme\n"), Err(AliasError::Line { line: 2 })));
    assert!(matches!(Aliases::read(b"a\tb\n\xff\tc\n"), Err(AliasError::Utf8 { line: 2 })));
    assert!(Aliases::read(b"").unwrap().is_empty());
}

#[test]
fn shipped_aliases_know_brands_and_leave_general_words_alone() {
    let aliases = super::alias::Aliases::shipped();
    assert!(10_000 < aliases.len());
    assert!(aliases.of("IKEA").iter().any(|brand| aliases.of("宜家").contains(brand)));
    assert!(aliases.of("government").is_empty());
}

#[test]
fn korean_names_have_the_surname_first_and_its_spellings() {
    let name = name::person("이재명").unwrap();
    assert_eq!(name.surname.as_deref(), Some("lee"));
    assert!(name.alternatives.iter().any(|tokens| tokens[0] == "yi"));
}

#[test]
fn the_arabic_article_is_a_word() {
    assert_eq!(name::person("بشار الأسد").unwrap().tokens[1], "al");
}

#[test]
fn han_is_read_in_mandarin_and_cantonese_and_put_into_words() {
    use super::han::{Part, parts, readings};
    assert_eq!(readings('王')[0], "wang");
    assert!(readings('王').iter().any(|reading| reading == "wong"));
    assert!(readings('x').is_empty());
    assert!(
        matches!(&parts("耐克银行")[..], [Part::Sound('耐'), Part::Sound('克'), Part::Word(_, english)] if english[0] == ["bank"])
    );
}

mod sort_codes {
    use super::Check;
    use crate::normalize::sort_code::{SortCodeError, SortCodes};
    use Check::{Failed, Passed, Unknown};

    /// A check for each exception of the standard, at sort codes that no bank has and with weights of our own. The weights are so few
    /// that the sums can be done in the head.
    const TABLE: &str = "\
        000001 000001 DBLAL 0 0 0 0 0 0 1 0 0 0 0 0 0 1 1\n\
        000002 000002 MOD11 0 0 0 0 0 0 0 0 0 0 0 0 0 1 2\n\
        000002 000002 MOD11 1 0 0 0 0 0 0 0 0 0 0 0 0 1 9\n\
        000003 000003 MOD10 0 0 0 0 0 0 0 0 0 0 0 0 0 1\n\
        000003 000003 DBLAL 0 0 0 0 0 0 0 0 0 0 0 0 1 0 3\n\
        000004 000004 MOD11 0 0 0 0 0 0 0 0 10 0 0 0 0 0 4\n\
        000005 000005 MOD11 0 0 0 0 0 1 0 0 1 0 0 0 0 0 5\n\
        000005 000005 DBLAL 0 0 0 0 0 0 0 0 2 0 0 0 0 0 5\n\
        000006 000006 MOD11 0 0 0 0 0 0 0 0 0 0 0 0 0 1 6\n\
        000007 000007 MOD11 0 0 0 0 0 1 0 0 0 0 0 0 0 1 7\n\
        000008 000008 MOD11 0 0 0 0 0 1 0 0 0 0 0 0 0 1 8\n\
        000010 000010 MOD11 0 0 0 0 3 0 0 0 1 0 0 0 0 1 10\n\
        000010 000010 DBLAL 0 0 0 0 0 0 0 0 0 0 0 0 0 1 11\n\
        000012 000012 MOD11 0 0 0 0 0 0 0 0 0 0 0 0 0 1 12\n\
        000012 000012 MOD10 0 0 0 0 0 0 0 0 0 0 0 0 1 0 13\n\
        000014 000014 MOD11 0 0 0 0 0 0 0 0 0 0 0 0 0 1 14\n\
        000020 000029 MOD10 0 0 0 0 0 0 0 0 0 0 0 0 0 1\r\n\
        000020 000029 MOD11 0 0 0 0 0 0 0 0 0 0 0 0 1 0\r\n\
        000030 000030 DBLAL 0 0 0 0 0 0 0 0 0 0 0 0 1 12\n\
        000031 000031 MOD11 0 0 0 0 0 0 0 0 0 0 0 0 4 -1\n\
        \n\
        000005 000009\n";

    #[test]
    fn an_account_number_is_held_against_the_check_of_its_sort_code() {
        let table = SortCodes::read(TABLE.as_bytes()).unwrap();
        for (sort_code, account, expected, why) in [
            ("000020", "00000000", Passed, "both checks"),
            ("000025", "00000010", Failed, "only the first"),
            ("000029", "00000001", Failed, "only the second"),
            ("000030", "00000019", Passed, "12 times 9 is 108, and 1 + 0 + 8 + 1 is 10"),
            ("000030", "00000018", Failed, "96: 9 + 6 + 1"),
            ("000031", "00000015", Failed, "4 - 5"),
            ("000031", "00000028", Passed, "8 - 8"),
            ("000099", "00000000", Unknown, "no check for this sort code"),
            ("000001", "10000002", Passed, "1 + 2 + 27"),
            ("000001", "10000009", Failed, "1 + 9 is no multiple of ten with 27"),
            ("000002", "00000000", Passed, "a is 0: the weights of the table"),
            ("000002", "10000031", Passed, "other weights: 2 * 3 + 6 + 9 + 1"),
            ("000002", "10000096", Passed, "g is 9, so without the sort code: 27 + 6"),
            ("000002", "10000038", Passed, "the second check, at 309634: 3 + 8"),
            ("000002", "10000032", Failed, "neither"),
            ("000003", "00600010", Passed, "c is 6: the second check is left out"),
            ("000003", "00900010", Passed, "c is 9"),
            ("000003", "00500010", Failed, "c is neither"),
            ("000004", "00700004", Passed, "70 leaves 4"),
            ("000004", "00100010", Passed, "10 leaves 10, of two digits"),
            ("000004", "00100001", Failed, "10 leaves 10, not 1"),
            ("000005", "00100018", Passed, "at 000009: 10 asks for 1, and 2 for 8"),
            ("000005", "00100017", Failed, "2 asks for 8"),
            ("000005", "00200006", Passed, "11 leaves nothing"),
            ("000005", "00300004", Failed, "12 leaves 1, for which there is no digit"),
            ("000006", "40000033", Unknown, "an account in foreign money"),
            ("000006", "30000033", Failed, "not one"),
            ("000006", "40000030", Passed, "not one either"),
            ("000007", "00000004", Passed, "7 + 4"),
            ("000007", "00000090", Passed, "g is 9, so without the sort code"),
            ("000007", "00000094", Failed, "4"),
            ("000008", "00000005", Passed, "at 090126: 6 + 5"),
            ("000010", "00000008", Passed, "3 + 8"),
            ("000010", "00000000", Passed, "the second check"),
            ("000010", "09800093", Passed, "without the sort code: 8 + 3"),
            ("000010", "99800093", Passed, "the same"),
            ("000010", "89800093", Failed, "with it 14"),
            ("000012", "00000010", Passed, "the first check"),
            ("000012", "00000005", Passed, "the second check"),
            ("000012", "00000015", Failed, "neither"),
            ("000014", "00000001", Passed, "with the branch left out"),
            ("000014", "00000009", Passed, "the same"),
            ("000014", "00000002", Failed, "2 is no branch"),
            ("000014", "00000031", Failed, "3 does not pass either"),
        ] {
            assert_eq!(table.check(&format!("{sort_code}{account}")), expected, "{sort_code} {account}: {why}");
        }
        assert_eq!(table.check("0000200000000"), Unknown, "a digit too few");
        let (weights, _) = TABLE.rsplit_once("\n\n").unwrap();
        let alone = SortCodes::read(weights.as_bytes()).unwrap();
        assert_eq!(alone.check("00000500100017"), Unknown, "who knows which sort code stands for it");
    }

    #[test]
    fn tables_are_refused_by_line_and_column() {
        let error = |table: &str| SortCodes::read(table.as_bytes()).unwrap_err();
        let row = "000001 000001 MOD11 0 0 0 0 0 0 0 0 0 0 0 0 0 1";
        assert_eq!(error(&format!("{row}\n{row} 1 1\n")), SortCodeError::Columns { line: 2 });
        for (bad, column) in [
            (row.replacen("000001", "0001", 1), 1),
            (row.replacen("000001", "000002", 1), 2),
            (row.replace("MOD11", "MOD12"), 3),
            (format!("{row}000"), 17),
            (format!("{row} 15"), 18),
            ("000001 12345a".to_owned(), 2),
        ] {
            let told = error(&bad);
            assert!(matches!(told, SortCodeError::Column { line: 1, column: at, .. } if at == column), "{bad}: {told}");
        }
        assert_eq!(SortCodes::read(b"\xff"), Err(SortCodeError::Utf8 { line: 1 }));
        assert_eq!(error("000001 000002\n"), SortCodeError::Empty);
    }
}
