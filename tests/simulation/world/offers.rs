//! What the commands of every world ask for: where, for whom and what. Made once, for there is little
//! of it and many ask.

use super::{World, body_of};
use crate::simulation::portal::Kind;
use std::sync::LazyLock;
use topup::core::money::Amount;
use topup::provider::plans::{Item, PlanName};
use topup::purchase::request::{Buyer, PurchasePlace};

pub static PLACE: LazyLock<PurchasePlace> = LazyLock::new(|| PurchasePlace {
    system: topup::provider::NOUS,
    origin: "https://portal.example".into(),
    profile: "default".into(),
    base_url: "https://portal.example".into(),
});

static BUYERS: LazyLock<[Buyer; 2]> = LazyLock::new(|| {
    ["org", "other"].map(|organisation| Buyer {
        organisation: Some(organisation.into()),
        subject: Some("me".into()),
    })
});

static CREDITS: LazyLock<[Offer; 2]> =
    LazyLock::new(|| offers(|amount| (Item::Credits, body_of(amount, false))));
static PACKS: LazyLock<[Offer; 2]> =
    LazyLock::new(|| offers(|amount| (Item::Pack, body_of(amount, false))));
static PLANS: LazyLock<[Offer; 2]> = LazyLock::new(|| {
    offers(|amount| {
        let name = format!("plan-{amount}");
        let plan = PlanName { tier_id: name.clone(), tier_name: name };
        (Item::Plan(plan), body_of(amount, true))
    })
});

/// One thing that can be bought.
pub struct Offer {
    name: &'static str,
    pub amount: Amount,
    pub item: Item,
    pub body: String,
}

fn offers(of: impl Fn(&str) -> (Item, String)) -> [Offer; 2] {
    ["25", "50"].map(|name| {
        let (item, body) = of(name);
        Offer { name, amount: Amount::parse(name).expect("an amount"), item, body }
    })
}

/// The login of this organisation.
pub fn buyer(organisation: &str) -> &'static Buyer {
    let is_it = |buyer: &&Buyer| buyer.organisation.as_deref() == Some(organisation);
    BUYERS.iter().find(is_it).expect("one of the two")
}

impl World {
    /// What a command of this world asks for that names this amount.
    pub(super) fn offer(&self, amount: &str) -> &'static Offer {
        let offers = match self.portal.rules.kind {
            Kind::Person => &*PACKS,
            _ if self.upgrades => &*PLANS,
            _ => &*CREDITS,
        };
        offers.iter().find(|offer| offer.name == amount).expect("one of the two")
    }
}
