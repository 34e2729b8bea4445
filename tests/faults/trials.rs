//! Trials: what is wrong with an answer is tried at a look, at the POST of a purchase, and at the
//! looks after one that was accepted. Judged is what the portal saw and what the user was told,
//! and that the next command at a portal that works ends right, with exactly one charge.
//!
//! They mostly wait, so that all that wait for long run at once, for whichever test asks first.

use super::wire::{Heard, Play, TOKEN, Wire};
use crate::support::Ran;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use topup::core::class::Class;

/// How long a purchase may take beyond its deadlines.
const GRACE: Duration = Duration::from_secs(5);
/// The waits between three requests whose outcome is unknown.
const WAITS: Duration = Duration::from_secs(12);
/// The processes are not all started in the same moment.
const APART: Duration = Duration::from_millis(15);

type Rule = Arc<dyn Fn(&Heard) -> Play + Send + Sync>;

/// One thing that is wrong with an answer.
#[derive(Clone)]
pub struct Trial {
    fault: u32,
    name: String,
    rule: Rule,
    slams: bool,
    /// The `--timeout` in seconds.
    timeout: u64,
    /// How often a purchase is sent.
    posts: usize,
    /// What a look is told as.
    look: Option<&'static str>,
    /// What a purchase ends as whose looks are told so.
    polls: Option<&'static str>,
}

impl Trial {
    /// At every request. A purchase is sent three times, as long as nothing else is said.
    pub fn new(
        fault: u32,
        name: impl Into<String>,
        rule: impl Fn(&Heard) -> Play + Send + Sync + 'static,
    ) -> Self {
        Self {
            fault,
            name: name.into(),
            rule: Arc::new(rule),
            slams: false,
            timeout: 20,
            posts: 3,
            look: None,
            polls: None,
        }
    }

    /// Connections that are reset at once.
    pub fn slam(fault: u32, name: &str) -> Self {
        Self { slams: true, ..Self::new(fault, name, |_| Play::Well) }
    }

    pub fn look(self, class: &'static str) -> Self {
        Self { look: Some(class), ..self }
    }

    pub fn polls(self, class: &'static str) -> Self {
        Self { polls: Some(class), ..self }
    }

    pub fn posts(self, posts: usize) -> Self {
        Self { posts, ..self }
    }

    pub fn timeout(self, seconds: u64) -> Self {
        Self { timeout: seconds, ..self }
    }

    /// A portal that does this to these requests only.
    fn portal(&self, whom: fn(&Heard) -> bool) -> Wire {
        let rule = Arc::clone(&self.rule);
        let portal = Wire::new(move |heard, _| if whom(heard) { rule(heard) } else { Play::Well });
        if self.slams {
            portal.slam(usize::MAX);
        }
        portal
    }

    fn seconds(&self) -> String {
        format!("{}s", self.timeout)
    }

    fn at_a_look(&self) {
        let Some(class) = self.look else { return };
        let portal = self.portal(|_| true);
        let user = portal.user();
        let began = Instant::now();
        let run = user.run(&["state", "--json", "--timeout", &self.seconds()]);
        assert!(
            began.elapsed() < Duration::from_secs(self.timeout) + GRACE,
            "{:?}",
            began.elapsed()
        );
        is_of_class(&run, class).failed(class, None);
        assert!(portal.connections() <= 2, "asked {} times", portal.connections());
        check_manners(&portal);
        portal.heal();
        user.run(&["state"]).code(0).prints("142.5");
    }

    fn at_the_purchase(&self) {
        let portal = self.portal(Heard::is_purchase);
        let user = portal.user();
        let buy = ["buy", "25", "--yes", "--json", "--poll", "100ms"];
        let began = Instant::now();
        let first = user.run(&[&buy[..], &["--timeout", &self.seconds()]].concat());
        let longest = 3 * Duration::from_secs(self.timeout) + WAITS + GRACE;
        assert!(began.elapsed() < longest, "{:?}", began.elapsed());
        if self.slams {
            // Whether a byte had left is a matter of moments: what was told has to fit.
            let (class, charged) =
                if first.code == 60 { ("network", "no") } else { ("outcome_unknown", "unknown") };
            is_of_class(&first, class).failed(class, Some(charged));
            assert!((3..=5).contains(&portal.connections()), "{}", portal.connections());
        } else {
            is_of_class(&first, "outcome_unknown").failed("outcome_unknown", Some("unknown"));
            assert_eq!(portal.connections(), self.posts, "each on a connection of its own");
            assert_eq!(portal.purchases().len(), self.posts);
        }
        portal.heal();
        // Both ways to go on find the truth.
        if self.slams || self.name.len().is_multiple_of(2) {
            let again = user.run(&buy).code(0).json();
            assert_eq!(again["data"]["resumed"], first.code == 51, "{again}");
        } else {
            user.run(&["resume", "--json"]).code(0);
        }
        assert_eq!(portal.charges(), 1);
        let same: BTreeSet<_> =
            portal.purchases().iter().map(|heard| (heard.key(), heard.body.clone())).collect();
        assert_eq!(same.len(), 1, "one key, one body: {same:?}");
        check_manners(&portal);
    }

    fn at_the_polls(&self) {
        let Some(class) = self.polls else { return };
        let portal = self.portal(Heard::is_look);
        let user = portal.user();
        let buy = ["buy", "25", "--yes", "--json", "--poll", "300ms", "--wait", "1s"];
        let run = user.run(&[&buy[..], &["--timeout", &self.seconds()]].concat());
        is_of_class(&run, class).failed(class, Some("unknown"));
        portal.heal();
        let told = user.run(&["status", "--json"]).code(0).json();
        assert_eq!(told["data"]["status"], "settled");
        assert_eq!((portal.purchases().len(), portal.charges()), (1, 1), "never sent again");
        check_manners(&portal);
    }
}

/// It ended with the code of this class, and let nothing out.
#[track_caller]
pub fn is_of_class<'r>(run: &'r Ran, class: &str) -> &'r Ran {
    let code = Class::find(class).expect("a class").code();
    assert_eq!(run.code, i32::from(code), "{}{}", run.out, run.err);
    assert!(!run.out.contains(TOKEN) && !run.err.contains(TOKEN), "{}{}", run.out, run.err);
    assert!(!run.err.contains("panicked"), "{}", run.err);
    run
}

/// What every request has to look like, whatever happens.
#[track_caller]
pub fn check_manners(portal: &Wire) {
    check_manners_of(portal, TOKEN);
}

/// [`check_manners`] of somebody with this token.
#[track_caller]
pub fn check_manners_of(portal: &Wire, token: &str) {
    for heard in portal.heard() {
        // The account says whether it may be used at all.
        let known = [" /api/billing/", " /api/oauth/account"];
        let is_known = known.iter().any(|path| heard.line.contains(path));
        assert!(is_known, "asked for something else: {}", heard.line);
        assert_eq!(heard.headers("authorization"), [format!("Bearer {token}")], "{}", heard.head);
        for never in ["accept-encoding", "cookie", "referer", "proxy-authorization", "expect"] {
            assert!(heard.headers(never).is_empty(), "{never} in {}", heard.head);
        }
        assert_eq!(heard.headers("idempotency-key").len(), usize::from(heard.is_purchase()));
    }
}

/// Runs these at once; gives what is wrong with which of them.
pub fn at_once<T: Sync>(cases: &[T], name: fn(&T) -> String, run: fn(&T)) -> Vec<String> {
    std::thread::scope(|scope| {
        let running: Vec<_> = cases
            .iter()
            .enumerate()
            .map(|(at, case)| {
                scope.spawn(move || {
                    std::thread::sleep(APART * u32::try_from(at).unwrap_or_default());
                    catch_unwind(AssertUnwindSafe(|| run(case))).err().map(|cause| {
                        let text = cause.downcast_ref::<String>().cloned();
                        let plain = cause.downcast_ref::<&str>().map(|text| (*text).to_owned());
                        format!("{}: {}", name(case), text.or(plain).unwrap_or_default())
                    })
                })
            })
            .collect();
        running.into_iter().filter_map(|thread| thread.join().expect("caught")).collect()
    })
}

/// A place that a trial is held at.
type Place = (&'static str, fn(&Trial));

/// All of them. The purchases wait longest: they are begun first.
const PLACES: [Place; 3] = [
    ("purchase", Trial::at_the_purchase),
    ("look", Trial::at_a_look),
    ("polls", Trial::at_the_polls),
];

/// Waits for the trials of this fault, and fails with what is wrong with them. Those of faults that
/// a purchase is sent once at have no long waits, and do not wait for those that have.
#[track_caller]
pub fn judge(fault: u32) {
    static FOUND: [OnceLock<BTreeMap<u32, Vec<String>>>; 2] = [OnceLock::new(), OnceLock::new()];
    let all = || super::bodies::trials().into_iter().chain(super::transport::trials());
    let patient: BTreeSet<u32> =
        all().filter(|trial| trial.posts > 1).map(|trial| trial.fault).collect();
    let waits = patient.contains(&fault);
    let found = FOUND[usize::from(waits)].get_or_init(|| {
        hold(&all().filter(|trial| patient.contains(&trial.fault) == waits).collect::<Vec<_>>())
    });
    let wrong = found.get(&fault).expect("trials of this fault");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Holds these at every place; gives what is wrong, by the fault.
fn hold(trials: &[Trial]) -> BTreeMap<u32, Vec<String>> {
    let cases: Vec<_> = PLACES
        .into_iter()
        .flat_map(|place| trials.iter().map(move |trial| (trial.clone(), place)))
        .collect();
    let name = |(trial, (place, _)): &(Trial, Place)| {
        format!("{} {} at the {place}", trial.fault, trial.name)
    };
    let failed = at_once(&cases, name, |(trial, (_, run))| run(trial));
    let mut found: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for trial in trials {
        found.entry(trial.fault).or_default();
    }
    for text in failed {
        let number = text.split(' ').next().and_then(|number| number.parse().ok());
        found.entry(number.expect("a number")).or_default().push(text);
    }
    found
}
