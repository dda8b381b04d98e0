//! Tests of the customer's page as text.

use super::*;

const NASTY: &str = "<script>alert(1)</script>\"'&";

fn account<'a>(key: &'a str, name: &'a str, chosen: bool) -> ListedAccount<'a> {
    ListedAccount { key, name, iban: "NO8299990100000", chosen }
}

fn customer<'a>(key: &'a str, accounts: Vec<ListedAccount<'a>>, nothing: bool) -> AnsweringCustomer<'a> {
    AnsweringCustomer { key, name: "Kari Nordmann", accounts, nothing }
}

fn asked<'a>(customers: &'a [AnsweringCustomer<'a>]) -> ScaPage<'a> {
    ScaPage {
        state: "9d1f0c2e",
        third_party: Some("Example TPP AS"),
        authorisation_number: "PSDNO-FSA-987654321",
        purposes: &[AccessPurpose::Accounts, AccessPurpose::Balances],
        recurring: true,
        frequency: 4,
        valid_until: jiff::civil::date(2026, 8, 30),
        capacity: None,
        corporate_id: None,
        is_named: false,
        may_choose: true,
        customers,
        until_s: 1_772_532_930,
        notice: None,
        answering: None,
    }
}

#[test]
fn who_has_answered_before_is_chosen_again() {
    let two = || {
        [
            customer("kari", vec![account("k1", "A", true)], false),
            customer("ola", vec![account("o1", "B", false)], false),
        ]
    };
    let checked = |answering| {
        let page = ScaPage { answering, notice: Some(ScaPageNotice::NoAccount), ..asked(&two()) }.page();
        ["kari", "ola"].map(|key| page.body.contains(&format!("value=\"{key}\" required checked>")))
    };
    assert_eq!(checked(None), [true, false]);
    assert_eq!(checked(Some("ola")), [false, true]);
    assert_eq!(checked(Some("nobody")), [true, false]);
}

#[test]
fn the_page_says_who_asks_for_what_and_until_when() {
    let customers =
        [customer("kari", vec![account("a1", "Brukskonto", true), account("a2", "Sparekonto", false)], false)];
    let page = asked(&customers).page();
    assert_eq!(page.status, 200);
    for part in [
        "<span class=\"who\">Example TPP AS</span> asks",
        "PSDNO-FSA-987654321",
        "how much is on them",
        "up to 4 times a day without you",
        "<time datetime=\"2026-08-30\">30 August 2026</time>",
        "name=\"state\" value=\"9d1f0c2e\"",
        "name=\"account\" value=\"a1\" checked>",
        "name=\"account\" value=\"a2\">",
        "NO82 9999 0100 000",
        "name=\"decision\" value=\"approve\"",
        "name=\"decision\" value=\"refuse\"",
        "<time datetime=\"2026-03-03T10:15:30Z\">10:15 UTC</time>",
    ] {
        assert!(page.body.contains(part), "{part} is not in {}", page.body);
    }
    assert!(!page.body.contains("<script") && !page.body.contains("what was paid"));
}

#[test]
fn nothing_that_others_wrote_becomes_html() {
    let accounts = vec![ListedAccount { key: NASTY, name: NASTY, iban: NASTY, chosen: true }];
    let other = AnsweringCustomer { key: NASTY, name: NASTY, accounts: Vec::new(), nothing: false };
    let nasty = AnsweringCustomer { key: NASTY, name: NASTY, accounts, nothing: false };
    for customers in
        [vec![nasty, other], vec![AnsweringCustomer { key: NASTY, name: NASTY, accounts: Vec::new(), nothing: true }]]
    {
        let page = ScaPage {
            state: NASTY,
            third_party: Some(NASTY),
            authorisation_number: NASTY,
            corporate_id: Some(NASTY),
            ..asked(&customers)
        };
        let body = page.page().body;
        assert!(!body.contains("<script") && !body.contains("\"'&"), "{body}");
        assert!(body.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"), "{body}");
    }
}

#[test]
fn each_of_several_customers_has_accounts_of_their_own() {
    let customers = [
        customer("none", vec![], true),
        customer("empty", vec![], false),
        customer("kari", vec![account("a1", "Brukskonto", true)], false),
    ];
    let body = asked(&customers).page().body;
    assert!(body.contains("value=\"none\" disabled>") && body.contains("value=\"empty\" required>"), "{body}");
    assert!(body.contains("value=\"kari\" required checked>") && body.contains("name=\"account.kari\" value=\"a1\""));
}

#[test]
fn who_cannot_approve_can_refuse() {
    for customers in [vec![], vec![customer("kari", vec![], true)]] {
        let body = asked(&customers).page().body;
        assert!(!body.contains("value=\"approve\"") && body.contains("value=\"refuse\""), "{body}");
    }
}

#[test]
fn accounts_that_the_request_names_are_not_chosen() {
    let customers = [customer("kari", vec![account("a1", "Brukskonto", true)], false)];
    let page = ScaPage {
        may_choose: false,
        is_named: true,
        recurring: false,
        capacity: Some(CustomerCapacity::Corporate),
        corporate_id: Some("corp-42"),
        notice: Some(ScaPageNotice::NoAccount),
        ..asked(&customers)
    }
    .page();
    assert_eq!(page.status, 400);
    assert!(!page.body.contains("checkbox") && page.body.contains("Brukskonto"));
    for part in [
        "<dd>once</dd>",
        "a company, agreement <span class=\"code\">corp-42</span>",
        "role=\"alert\"",
        "The request is for",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
}

/// S-11: the policy allows the style inside the page and nothing else; the form may redirect to the third party.
#[test]
fn the_policy_allows_the_style_inside_only() {
    let page = dead(DeadLink::Unknown);
    let policy = &page.headers.iter().find(|(name, _)| *name == "content-security-policy").unwrap().1;
    let style = page.body.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    assert_eq!(
        *policy,
        format!("default-src 'none'; style-src {}; base-uri 'none'; frame-ancestors 'none'", source(style))
    );
    assert!(!page.body.contains("style=\"") && !style.contains('<') && !style.contains("url("));
    for (name, value) in
        [("cache-control", "no-store"), ("referrer-policy", "same-origin"), ("x-content-type-options", "nosniff")]
    {
        assert!(page.headers.contains(&(name, value.to_owned())), "{name}");
    }
}

#[test]
fn each_end_has_its_status() {
    let ends = [DeadLink::Unknown, DeadLink::Used, DeadLink::Expired, DeadLink::Withdrawn, DeadLink::Malformed];
    assert_eq!(ends.map(|why| dead(why).status), [404, 400, 400, 400, 400]);
    let on = redirect("https://tpp.example/cb?state=1&psu-id=p".to_owned());
    assert_eq!((on.status, on.body.as_str()), (303, ""));
    assert!(on.headers.contains(&("location", "https://tpp.example/cb?state=1&psu-id=p".to_owned())));
}
