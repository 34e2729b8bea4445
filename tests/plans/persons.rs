//! Promise: a person sees what an upgrade costs, and confirms it, before anything is sent.

use super::keys;
use crate::prompts::{at_a_terminal, code};
use crate::support::{Canned, Server, User};

#[test]
fn a_person_sees_what_is_due_and_confirms() {
    let user = User::on_sandbox();
    for answer in ["", "n"] {
        let mut session = at_a_terminal(&user, &["plan", "upgrade", "plus"]);
        session.exp_string("In force now: Free").expect("the present plan");
        session.exp_string("Upgrade to Plus: pay $20.00 now? [y/N]").expect("the question");
        session.send_line(answer).expect("typed");
        session.exp_string("nothing was sent").expect("the outcome");
        assert_eq!(code(session), 3);
    }
    assert!(keys(&user).is_empty());
    let mut session = at_a_terminal(&user, &["plan", "upgrade", "plus"]);
    session.exp_string("pay $20.00 now? [y/N]").expect("the question");
    session.send_line("y").expect("typed");
    session.exp_string("Upgraded to Plus").expect("the outcome");
    assert_eq!(code(session), 0);
    for (verb, question) in [
        (&["plan", "change", "free"][..], "Change to Free on"),
        (&["plan", "resume"], "Keep Plus?"),
        (&["plan", "cancel"], "End Plus on"),
    ] {
        let mut session = at_a_terminal(&user, verb);
        session.exp_string(question).expect("the question");
        session.send_line("y").expect("typed");
        assert_eq!(code(session), 0, "{verb:?}");
    }
}

#[test]
fn a_person_without_permission_is_offered_it_once_and_the_upgrade_goes_on() {
    let server = Server::start(&["--auto-approve"]);
    server.keeper().set("interval=1s");
    let user = User::new().with("TOPUP_PORTAL_URL", &server.url);
    user.run(&["login"]).code(0);
    let mut session = at_a_terminal(&user, &["plan", "upgrade", "plus"]);
    session.exp_string("Ask for permission to spend now?").expect("the offer");
    session.send_line("y").expect("typed");
    session.exp_string("pay $20.00 now? [y/N]").expect("the question");
    session.send_line("y").expect("typed");
    session.exp_string("Upgraded to Plus").expect("the outcome");
    assert_eq!(code(session), 0);
    assert_eq!(keys(&server.keeper()).len(), 1);
}

#[test]
fn a_name_that_could_pass_for_the_question_has_no_place_in_it() {
    let body = r#"{"tiers":[{"tierId":"plus","name":"Plus: pay $0.00 now? (y"}],"effect":"charge_now","amountDueNowCents":2000,"status":"upgraded"}"#;
    let portal = Canned::json("200 OK", body);
    // Its home has to be there for as long as the session is.
    let user = portal.user();
    let mut session = at_a_terminal(&user, &["plan", "upgrade", "plus"]);
    session.exp_string("Upgrade to the plan above: pay $20.00 now? [y/N]").expect("the question");
    session.send_line("n").expect("typed");
    assert_eq!(code(session), 3);
}
