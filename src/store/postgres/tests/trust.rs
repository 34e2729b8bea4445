//! Who may come in, and which server is trusted: the wrong password, the wrong certificate.

use super::*;
use crate::ledger::suite::server::ServerSetup;

#[test]
fn who_may_not_come_in_is_told_why() {
    let Some(server) = Server::shared() else { return };
    let mut url = Url::parse(&server.url).expect("a URL");
    let good = url.password().map(ToOwned::to_owned);
    if good.is_some() {
        url.set_password(Some("wr0ng-battery")).expect("a password");
        let refused = Postgres::connect(&LEDGER, url.as_str(), None, &Variables::default())
            .map(|_| ())
            .expect_err("a wrong password");
        assert_eq!(refused.class(), Class::Config, "{refused}");
        assert!(refused.to_string().contains("password"), "{refused}");
        assert!(!format!("{refused:?}").contains("wr0ng-battery"), "{refused:?}");
        url.set_password(None).expect("none");
        let refused = Postgres::connect(&LEDGER, url.as_str(), None, &Variables::default())
            .map(|_| ())
            .expect_err("no password");
        assert_eq!(refused.class(), Class::Config, "{refused}");
    }
    let mut url = Url::parse(&server.url).expect("a URL");
    url.set_path("no_such_database");
    let refused = Postgres::connect(&LEDGER, url.as_str(), None, &Variables::default())
        .map(|_| ())
        .expect_err("no database");
    assert_eq!(refused.class(), Class::Config, "{refused}");
    assert!(refused.to_string().contains("no_such_database"), "{refused}");
    // Nobody listens; or somebody who speaks something else.
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").port()
    };
    let refused = Postgres::connect(
        &LEDGER,
        &at(&server.url, "127.0.0.1", port),
        None,
        &Variables::default(),
    )
    .map(|_| ());
    assert_eq!(refused.expect_err("nobody there").class(), Class::Network);
    let socket = "postgres://anna@%2Fno%2Fsuch%2Ffolder/pool";
    let refused = Postgres::connect(&LEDGER, socket, None, &Variables::default())
        .map(|_| ())
        .expect_err("no socket");
    assert_eq!(refused.class(), Class::Network, "{refused}");
}

#[test]
fn a_certificate_is_trusted_or_nothing_is_sent() {
    let Some(_) = Server::shared() else { return };
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let certified = |name: &str| {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate");
        let file = folder.path().join(format!("{name}.pem"));
        std::fs::write(&file, made.cert.pem()).expect("written");
        (made, file.display().to_string())
    };
    let (made, trusted) = certified("localhost");
    let (_, stranger) = certified("stranger.example");
    let setup = ServerSetup {
        tls: Some((made.cert.pem(), made.signing_key.serialize_pem())),
        ..ServerSetup::default()
    };
    let Some(server) = Server::own(&setup) else { return };
    let port = Url::parse(&server.url).expect("a URL").port().expect("a port");
    let url = |host, options: &str| format!("{}?{options}", at(&server.url, host, port));
    let connect = |url: &str| Postgres::connect(&LEDGER, url, None, &Variables::default());
    for options in ["sslmode=verify-full", "sslmode=require&gssencmode=disable"] {
        let url = url("localhost", &format!("{options}&sslrootcert={trusted}"));
        let mut ledger = connect(&url).unwrap_or_else(|error| panic!("{options}: {error}"));
        let secure =
            "SELECT CAST(COUNT(*) AS BIGINT) FROM pg_stat_ssl WHERE ssl AND pid = pg_backend_pid()";
        let rows = ledger.ask(secure, &[]).expect("a row");
        assert_eq!(rows[0].int(0).expect("a count"), 1, "it is encrypted");
    }
    connect(&url("localhost", "sslmode=disable")).map(|_| ()).expect("plain, when asked for");
    connect(&url("localhost", "sslmode=prefer")).map(|_| ()).expect("plain, on this machine");
    for (host, options) in [
        ("localhost", format!("sslmode=require&sslrootcert={stranger}")),
        ("localhost", "sslmode=require".into()),
        ("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={trusted}")),
    ] {
        let refused = connect(&url(host, &options)).map(|_| ()).expect_err(&options);
        assert_eq!(refused.class(), Class::Tls, "{host} {options}: {refused}");
    }
    // On this machine the connection is plain, and there is nothing to bind to.
    let unbound = connect(&url("localhost", "channel_binding=require")).map(|_| ());
    let unbound = unbound.expect_err("nothing to bind to");
    assert_eq!(unbound.class(), Class::Tls, "{unbound}");
    assert!(unbound.parts().hints[0].to_string().contains("scram-sha-256"), "{unbound:?}");
    let bound = format!("sslmode=require&channel_binding=require&sslrootcert={trusted}");
    connect(&url("localhost", &bound)).map(|_| ()).expect("bound");
    // A server that does not speak TLS gets nothing.
    if let Some(plain) = Server::own(&ServerSetup::default()) {
        let url = format!("{}?sslmode=require", plain.url);
        assert_eq!(connect(&url).map(|_| ()).expect_err("no TLS").class(), Class::Tls);
    }
}
