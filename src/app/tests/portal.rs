//! What the portal of a [`FakeShop`] answers, and the login at it.

use super::shop::{FakeShop, PORTAL, money, organisation, refusal};
use crate::core::class::Class;
use crate::core::clock::Clock;
use crate::core::failure::{Failure, Result};
use crate::core::money::{Amount, Money};
use crate::core::secret::Secret;
use crate::core::system::System;
use crate::credentials::Token;
use crate::http::{Presented, Request};
use crate::provider::packs::{
    OpenedPack, PackMode, PackOffer, Packs, PaymentStatus, Price, UsesState,
};
use crate::provider::plans::{
    CurrentPlan, PendingChange, PendingKind, PlanChange, PlanEffect, PlanSeen, Plans, Preview,
    Subscription, Tier,
};
use crate::provider::{
    AutoReloadSight, Card, ChargeId, ChargeResponse, ChargeStatus, Charges, DollarAccount,
    DollarState, Evidence, IdempotencyKey, MonthlyLimit, NOUS, Paid, Payer, PortalPage, Provider,
    Repeat, Seller, State, Unit,
};
use crate::purchase::world::TokenSource;
use jiff::Timestamp;
use rust_decimal::Decimal;
use std::time::Duration;

/// A saved card is charged, and a key is remembered for a day.
const BY_KEY: Seller = Seller {
    refusing_statuses: &[400, 403],
    shortest_poll: Duration::from_millis(100),
    ..Seller::KEYED
};

/// A person pays on a page, and no key is known.
const BY_PERSON: Seller = Seller {
    payer: Payer::Person,
    repeat: Repeat::Never,
    evidence: Evidence::None,
    auto_reload: AutoReloadSight::Absent,
    refusing_statuses: &[],
    ..BY_KEY
};

impl Charges for FakeShop {
    fn seller(&self) -> Seller {
        if self.sells_packs { BY_PERSON } else { BY_KEY }
    }

    fn ask_time(&self, _: &Token) -> Result<()> {
        Ok(())
    }

    fn request_body(&self, amount: Amount) -> Vec<u8> {
        amount.to_string().into_bytes()
    }

    fn post(&self, _: &Token, key: &IdempotencyKey, body: &[u8]) -> ChargeResponse {
        let text = std::str::from_utf8(body).expect("text");
        if !self.sells_packs {
            return self.carry_out(key, body, money(text));
        }
        match self.carry_out(key, body, money("5.00")) {
            ChargeResponse::Accepted(payment_id) => ChargeResponse::Opened(Box::new(OpenedPack {
                payment_id,
                price: Price { minor: 500, currency: "USD".to_owned() },
                uses: Some(20),
                publishable_key: None,
                client_secret: Some(Secret::new("pi_secret")),
                page: self.payment_page.get().to_owned(),
            })),
            other => other,
        }
    }

    fn poll(&self, _: &Token, id: &ChargeId, _: Option<Timestamp>) -> ChargeStatus {
        if let Some(status) = self.polls.borrow_mut().pop_front() {
            return status;
        }
        if self.sells_packs {
            return match self.payment.get() {
                PaymentStatus::Paid => ChargeStatus::Credited(self.reading()),
                PaymentStatus::Failed => ChargeStatus::Failed(refusal(Class::PaymentFailed)),
                PaymentStatus::Canceled => ChargeStatus::Failed(refusal(Class::PaymentCanceled)),
                _ => ChargeStatus::OpenPayment(self.reading()),
            };
        }
        let sale = self.sales.borrow().iter().find(|sale| sale.id == *id).cloned();
        match (sale, self.declines.get()) {
            (Some(_), Some(class)) => ChargeStatus::Failed(refusal(class)),
            (Some(sale), None) if self.is_settled(&sale) => ChargeStatus::Settled(self.paid(&sale)),
            _ => ChargeStatus::Pending,
        }
    }

    fn plans(&self) -> Option<&dyn Plans> {
        Some(self)
    }
}

impl Plans for FakeShop {
    fn read(&self) -> Result<Subscription> {
        let current = *self.plan.borrow();
        let tier = |id: &str, price: &str| Tier {
            tier_id: id.to_owned(),
            name: id.to_uppercase(),
            monthly_price_usd: Some(money(price)),
            price_display: None,
            monthly_credits: None,
            is_current: id == current,
            is_enabled: true,
        };
        Ok(Subscription {
            org: Some(organisation(self.organisation.get())),
            context: None,
            can_change: true,
            current: Some(CurrentPlan {
                tier_id: Some(current.to_owned()),
                tier_name: Some(current.to_uppercase()),
                monthly_credits: None,
                credits_remaining: None,
                cycle_ends_at: Some("2026-12-01T00:00:00Z".to_owned()),
                pending: self.pending.borrow().clone(),
            }),
            tiers: vec![tier("basic", "5"), tier("plus", "20"), tier("super", "100")],
            portal_url: PORTAL.to_owned(),
            sandbox: false,
        })
    }

    fn preview(&self, tier_id: &str) -> Result<Preview> {
        let current = *self.plan.borrow();
        let (effect, due) = match (current, tier_id) {
            (current, tier) if current == tier => (PlanEffect::NoOp, None),
            (_, "basic") => (PlanEffect::Scheduled, None),
            _ => (PlanEffect::ChargeNow, Some(money("79.10"))),
        };
        Ok(Preview {
            effect,
            reason: None,
            current_tier_id: Some(current.to_owned()),
            current_tier_name: Some(current.to_uppercase()),
            target_tier_id: tier_id.to_owned(),
            target_tier_name: tier_id.to_uppercase(),
            monthly_credits_delta: Some(money("80")),
            amount_due_now_usd: due,
            effective_at: None,
            portal_url: PORTAL.to_owned(),
            sandbox: false,
        })
    }

    fn schedule(&self, change: PlanChange<'_>) -> Result<Option<String>> {
        let (word, pending) = match change {
            PlanChange::To(tier) => {
                let tier_name = Some(tier.to_uppercase());
                (format!("to {tier}"), Some((PendingKind::TierChange, tier_name)))
            }
            PlanChange::Cancel => ("cancel".to_owned(), Some((PendingKind::Cancellation, None))),
            PlanChange::Keep => ("keep".to_owned(), None),
        };
        self.scheduled.borrow_mut().push(word);
        let trouble = self.schedule_trouble.take();
        if trouble.is_none_or(|(_, is_carried_out)| is_carried_out) {
            *self.pending.borrow_mut() = pending.map(|(kind, tier_name)| PendingChange {
                kind,
                tier_name,
                effective_at: Some("2026-12-01T00:00:00Z".to_owned()),
            });
        }
        match trouble {
            Some((class, _)) => Err(Failure::new(class, class.name())),
            None => Ok(Some("scheduled".to_owned())),
        }
    }

    fn upgrade_body(&self, tier_id: &str) -> Vec<u8> {
        tier_id.as_bytes().to_vec()
    }

    fn upgrade(&self, _: &Token, key: &IdempotencyKey, body: &[u8]) -> ChargeResponse {
        let posted = self.carry_out(key, body, money("79.10"));
        if self.sales.borrow().iter().any(|sale| sale.key == key.as_str()) {
            if let Some(class) = self.declines.get() {
                return ChargeResponse::Declined(refusal(class));
            }
            *self.plan.borrow_mut() = "super";
        }
        match posted {
            ChargeResponse::Accepted(_) => {
                ChargeResponse::Done(Paid::new(money("79.10"), Some(self.clock.now())))
            }
            other => other,
        }
    }

    fn look(&self, _: &Token, tier_id: &str) -> PlanSeen {
        let upgraded =
            self.sales.borrow().last().map(|sale| self.clock.now().duration_since(sale.at));
        let is_late = upgraded.is_some_and(|age| age.unsigned_abs() < self.plan_lags.get());
        if *self.plan.borrow() == tier_id && !is_late {
            PlanSeen::InForce
        } else {
            PlanSeen::NotInForce
        }
    }
}

impl Packs for FakeShop {
    fn account(&self) -> Result<UsesState> {
        Ok(UsesState {
            has_credit: Some(true),
            credits_remaining: Some(3),
            free_uses_remaining: None,
            daily_free_uses_remaining: None,
            total_uses: None,
            plan_name: None,
            purchase_required: None,
            purchase_options: Some(PackOffer {
                price_minor: 500,
                uses: Some(20),
                currency: "USD".to_owned(),
            }),
            mode: PackMode::Paid,
            portal_url: PORTAL.to_owned(),
            unit: Unit::Things("uses"),
            sandbox: false,
        })
    }

    fn opening_body(&self, _: Option<&str>) -> Vec<u8> {
        b"{}".to_vec()
    }
}

impl DollarAccount for FakeShop {
    fn read(&self) -> Result<DollarState> {
        self.reads.set(self.reads.get() + 1);
        let sales = self.sales.borrow();
        let settled = sales.iter().filter(|sale| self.is_settled(sale));
        let bought: Decimal = settled.map(|sale| sale.amount.0).sum();
        let spent: Decimal = sales.iter().map(|sale| sale.amount.0).sum();
        let month = MonthlyLimit {
            limit_usd: money("500"),
            spent_usd: Money(spent),
            remaining_usd: Money(Decimal::from(500) - spent),
            percent: 0,
            is_default_ceiling: false,
        };
        Ok(DollarState {
            org: Some(organisation(self.organisation.get())),
            can_charge: true,
            balance_usd: Some(Money(self.balance.get().0 + bought)),
            billing_enabled: Some(true),
            presets_usd: vec![money("10"), money("50")],
            bounds: None,
            card: Some(Card {
                brand: Some("Visa".to_owned()),
                last4: Some("4242".to_owned()),
                label: "Visa ····4242".to_owned(),
                resolved_via: None,
            }),
            monthly_limit: self.shows_month.get().then_some(month),
            auto_reload: None,
            access: None,
            credits: None,
            warnings: Vec::new(),
            portal_url: PORTAL.to_owned(),
            unit: Unit::Usd,
            sandbox: false,
        })
    }
}

impl Provider for FakeShop {
    fn system(&self) -> System {
        NOUS
    }

    fn link(&self, _: PortalPage) -> Option<String> {
        Some(PORTAL.to_owned())
    }

    fn state(&self) -> Result<State> {
        Ok(State::Dollars(Box::new(DollarAccount::read(self)?)))
    }

    fn first_look(&self) -> Option<(Request, Presented)> {
        None
    }

    fn check_key(&self) -> Result<()> {
        Ok(())
    }

    fn charges(&self) -> Option<&dyn Charges> {
        Some(self)
    }

    fn packs(&self) -> Option<&dyn Packs> {
        self.sells_packs.then_some(self as &dyn Packs)
    }
}

impl TokenSource for FakeShop {
    fn token(&self, _: Duration) -> Result<Token> {
        if !self.logged_in.get() {
            return Err(Failure::new(Class::NotLoggedIn, "there is no login"));
        }
        Ok(Token {
            secret: Secret::new("access"),
            organisation: Some(self.organisation.get().to_owned()),
            subject: Some(self.subject.get().to_owned()),
            expires_at: None,
            scopes: Vec::new(),
        })
    }

    fn renew(&self, _: &Token) -> Result<Token> {
        self.token(Duration::ZERO)
    }
}
