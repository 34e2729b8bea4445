//! What everything came to, once the world is whole again: the portal's own charges beside the
//! journals, and the book of the ledger beside the commands that ran.

use super::World;
use super::verbs::{CREDIT, RECORD_COSTS, RUN_COSTS, RUN_ESTIMATE, Verb};
use crate::books::{amount, balance, check_book};
use crate::support::User;
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Display, Formatter};
use std::fs;
use std::time::Duration;

/// So often an open purchase is gone on with before a person looks at the page of the portal.
const TRIES: usize = 5;

/// What one command came to.
pub struct CommandEnd {
    pub verb: Verb,
    pub harmed: bool,
    pub code: i32,
    /// Its answer, where there was one.
    pub document: Value,
    /// The name or key that it was given.
    pub name: Option<String>,
}

/// A charge of the portal.
struct Charge {
    id: String,
    amount: Decimal,
}

/// Everything that is compared.
pub struct Audit<'a> {
    ended: &'a [CommandEnd],
    /// By their key.
    charges: BTreeMap<String, Vec<Charge>>,
    /// Those of all journals.
    purchases: Vec<Value>,
    /// How many purchases a person had to end, and how many of them were charged.
    marked: (usize, usize),
    /// What each run cost in the end, by its id; nothing where it never started.
    runs: BTreeMap<String, Decimal>,
    /// How many commands of runs began.
    began: usize,
    /// What was booked under each key, in its order.
    keyed: Vec<(String, String, Decimal)>,
    /// Logins that the portal has ended because a refresh token came twice: where the answer to a
    /// renewal was lost and the token had run out meanwhile, there was nothing left to lose.
    ended_logins: i64,
}

impl<'a> Audit<'a> {
    /// Makes everything whole, lets each machine finish what it began, and reads what there is.
    pub fn new(world: &World, ended: &'a [CommandEnd]) -> Self {
        let state = world.server.state();
        let mut marked = (0, 0);
        for machine in &world.machines {
            machine.run(&["login", "--step-up", "--no-browser"]).code(0);
            let keys = |id: &str| {
                let listed = history(machine);
                let one = listed.into_iter().find(|one| one["purchase_id"] == id);
                one.expect("it is in the journal")["idempotency_key"]
                    .as_str()
                    .expect("a key")
                    .to_owned()
            };
            for _ in 0..TRIES {
                if !open(machine).is_empty() {
                    machine.run(&["resume", "--wait", "20s", "--json"]);
                }
            }
            // What is left is compared with the page of the portal, as it says itself.
            for id in open(machine) {
                let query = "SELECT id FROM charge WHERE idempotency_key = ?1";
                let charge =
                    state.query_row(query, [keys(&id)], |row| row.get::<_, String>(0)).ok();
                let mark = charge.as_ref().map(|charge| format!("charged={charge}"));
                let mark = mark.unwrap_or_else(|| "not-charged".to_owned());
                machine.run(&["resume", &id, "--mark", &mark, "--json"]).code(0);
                marked = (marked.0 + 1, marked.1 + usize::from(charge.is_some()));
            }
            assert_eq!(open(machine), [""; 0], "each purchase has an end");
        }
        let mut charges: BTreeMap<String, Vec<Charge>> = BTreeMap::new();
        let mut statement =
            state.prepare("SELECT idempotency_key, id, amount FROM charge").expect("a query");
        let mut rows = statement.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            let text = |at| row.get::<_, String>(at).expect("text");
            let amount = Decimal::from_str_exact(&text(2)).expect("an amount");
            charges.entry(text(0)).or_default().push(Charge { id: text(1), amount });
        }
        let revoked = "SELECT count(*) FROM session WHERE revoked = 1";
        let ended_logins = state.query_row(revoked, [], |row| row.get(0)).expect("a count");
        let (runs, keyed) = book(world);
        let began = fs::read_to_string(world.notes.join("began")).unwrap_or_default();
        Self {
            ended,
            charges,
            purchases: world.machines.iter().flat_map(history).collect(),
            marked,
            runs,
            began: began.lines().collect::<BTreeSet<_>>().len(),
            keyed,
            ended_logins,
        }
    }

    /// Compares it.
    pub fn check(&self) {
        self.check_charges();
        self.check_answers();
        self.check_book();
    }

    /// Each charge is that of one purchase, and each purchase is what its journal says.
    fn check_charges(&self) {
        let known: BTreeSet<&str> =
            self.purchases.iter().map(|one| text(one, "idempotency_key")).collect();
        for (key, charges) in &self.charges {
            assert_eq!(charges.len(), 1, "{key} was charged more than once");
            assert!(known.contains(key.as_str()), "{key} is in no journal");
        }
        let mut named: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for purchase in &self.purchases {
            let charge =
                self.charges.get(text(purchase, "idempotency_key")).map(|charges| &charges[0]);
            if let Some(name) = purchase["once"].as_str() {
                named.entry(name).or_default().insert(text(purchase, "idempotency_key"));
            }
            match (text(purchase, "status"), charge) {
                ("settled", Some(charge)) => {
                    assert_eq!(purchase["charge_id"], charge.id.as_str(), "{purchase}");
                    assert_eq!(amount(&purchase["amount_usd"]), charge.amount, "{purchase}");
                }
                ("settled", None) => panic!("it was never charged: {purchase}"),
                // Another machine may have bought it under the same name.
                (_, Some(_)) if purchase["once"].is_string() => {}
                (_, Some(charge)) => panic!("it was charged as {}: {purchase}", charge.id),
                (_, None) => {}
            }
        }
        for (name, keys) in named {
            assert_eq!(keys.len(), 1, "{name} is one purchase on every machine");
        }
        let unnamed = self.purchases.iter().filter(|one| one["once"].is_null()).count();
        let asked = self.count(&[Verb::Buy, Verb::Ensure]);
        assert!(unnamed <= asked, "{unnamed} purchases were made for {asked} commands");
    }

    /// What was answered is so.
    fn check_answers(&self) {
        let charged: BTreeSet<&str> =
            self.charges.values().flatten().map(|charge| charge.id.as_str()).collect();
        let mut begun = BTreeSet::new();
        for end in self.ended.iter().filter(|end| end.code == 0) {
            assert_eq!(end.document["ok"], true, "{:?}: {}", end.verb, end.document);
            let data = &end.document["data"];
            let bought = match end.verb {
                Verb::Buy | Verb::BuyNamed => data,
                Verb::Ensure if data["purchase"].is_object() => &data["purchase"],
                _ => continue,
            };
            let id = text(bought, "charge_id");
            assert!(charged.contains(id), "{id} is no charge: {}", end.document);
            let is_new = bought["replayed"] == false && bought["resumed"] == false;
            if end.verb == Verb::Buy && is_new {
                assert!(begun.insert(id), "two commands began {id}");
            }
        }
    }

    /// Each run was booked once, at its cost or its estimate, and each key once.
    fn check_book(&self) {
        let decimal = |text| Decimal::from_str_exact(text).expect("a decimal");
        let costs = [RUN_COSTS, RUN_ESTIMATE].map(decimal);
        for (id, cost) in self.started() {
            assert!(costs.contains(cost), "the run {id} cost {cost}");
        }
        assert_eq!(self.started().count(), self.began, "each run that began was booked once");
        let mut keys = BTreeSet::new();
        for (kind, key, sum) in &self.keyed {
            assert!(keys.insert(key.as_str()), "{key} was booked twice");
            let booked = decimal(if key.starts_with("record") { RECORD_COSTS } else { CREDIT });
            assert_eq!(*sum, booked, "{kind} {key}");
        }
        for end in self.ended.iter().filter(|end| end.code == 0) {
            if let (Verb::Record | Verb::Credit, Some(key)) = (end.verb, &end.name) {
                assert!(keys.contains(key.as_str()), "{key} was answered and is not in the book");
            }
        }
    }

    fn started(&self) -> impl Iterator<Item = (&String, &Decimal)> {
        self.runs.iter().filter(|(_, cost)| !cost.is_zero())
    }

    fn count(&self, verbs: &[Verb]) -> usize {
        self.ended.iter().filter(|end| verbs.contains(&end.verb)).count()
    }
}

impl Display for Audit<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> std::fmt::Result {
        let estimates = self.started().filter(|(_, cost)| cost.to_string() == RUN_ESTIMATE).count();
        write!(
            out,
            "{} charges for {} entries in the journals, {} ended by a person ({} of them charged); \
             {} runs booked, {estimates} with their estimate, and {} keys; {} logins ended",
            self.charges.len(),
            self.purchases.len(),
            self.marked.0,
            self.marked.1,
            self.began,
            self.keyed.len(),
            self.ended_logins,
        )
    }
}

#[track_caller]
fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}"))
}

fn history(machine: &User) -> Vec<Value> {
    let listed = machine.run(&["history", "--limit", "100000", "--json"]).code(0).json();
    listed["data"]["purchases"].as_array().expect("purchases").clone()
}

/// The purchases that are not final, as the journal itself has them.
fn open(machine: &User) -> Vec<String> {
    let journal = rusqlite::Connection::open(machine.file("journal.db")).expect("a journal");
    let mut statement = journal.prepare("SELECT purchase FROM unfinished").expect("a query");
    let ids = statement.query_map([], |row| row.get(0)).expect("rows");
    ids.collect::<Result<_, _>>().expect("ids")
}

/// What each run came to, and what was booked under each key; once nothing is held back any more.
type Booked = (BTreeMap<String, Decimal>, Vec<(String, String, Decimal)>);

fn book(world: &World) -> Booked {
    let first = &world.machines[0];
    // The commands whose watchers were killed may still run; who comes next records them.
    for _ in 0..100 {
        for machine in &world.machines {
            machine.run(&["ledger", "mandates"]).code(0);
        }
        if balance(first).1 == "0.00" {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(balance(first).1, "0.00", "nothing is held back any more");
    let (mut runs, mut keyed) = (BTreeMap::new(), Vec::new());
    for one in check_book(first, "acme") {
        let sum = amount(&one["amount"]);
        let (kind, signed) = match text(&one, "type") {
            "DEBIT" => ("debit", sum),
            _ => ("credit", -sum),
        };
        if let Some(key) = one["idempotency_key"].as_str() {
            keyed.push((kind.to_owned(), key.to_owned(), sum));
        } else if let Some(run) = text(&one, "description").strip_prefix("correction of ") {
            *runs.entry(run.to_owned()).or_default() += signed;
        } else if one["provider"].is_string() {
            *runs.entry(text(&one, "id").to_owned()).or_default() += signed;
        }
    }
    (runs, keyed)
}
