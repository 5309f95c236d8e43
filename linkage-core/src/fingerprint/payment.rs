//! Where the money goes: accounts, wallets and the names of their holders.

use crate::normalize;
use crate::normalize::identifier::{Check, Identifier};
use crate::record::{Account, Payment};

use super::identity::{person_name, trade_name};
use super::kind::Kind;
use super::{Builder, PAYEE, Value, class_checked};

pub(super) fn account(builder: &mut Builder<'_>, account: &Account) {
    for payment in &account.payments {
        instrument(builder, payment);
        if let Some(holder) = &payment.holder_name {
            let before = builder.items.len();
            if normalize::name::is_company_like(holder) {
                trade_name(builder, Kind::CompanyName, holder);
            } else {
                person_name(builder, holder);
            }
            builder.items[before..].iter_mut().for_each(|item| item.class = PAYEE);
        }
    }
}

/// The payment account that a link opens.
pub(super) fn link(builder: &mut Builder<'_>, scheme: &str, value: String) {
    instrument(builder, &Payment { scheme: scheme.to_owned(), value, digest: None, holder_name: None });
}

fn instrument(builder: &mut Builder<'_>, payment: &Payment) {
    // First and last digits alone are shared by thousands of cards and accounts: too little to key.
    if payment.digest.is_none() && matches!(payment.scheme.as_str(), "CARD" | "CN-BANK") {
        return;
    }
    let identifier = match &payment.digest {
        Some(digest) => Identifier { normal: digest.clone(), check: Check::Unknown, weak: false },
        None => normalize::identifier::payment(&payment.scheme, &payment.value),
    };
    let british = (payment.scheme == "IBAN").then(|| normalize::identifier::british_account(&identifier)).flatten();
    let (scheme, Identifier { normal, check, .. }) = match british {
        Some(account) => ("GB-BANK", account),
        None => (payment.scheme.as_str(), identifier),
    };
    if normal.is_empty() {
        return;
    }
    let whole = format!("{scheme} {normal}");
    let value = payment.digest.is_none().then_some(Value::Text(normal));
    builder.push(Kind::Payment, class_checked(scheme, check), (&whole, 26), &[], value);
}
