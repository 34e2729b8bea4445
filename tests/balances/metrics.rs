//! `topup metrics` is taken by the parsers of Prometheus and of OpenMetrics, and by no half.

use super::{StandIn, configure, keep_keys, response};
use crate::support::User;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Several kinds of accounts, one of them out of order.
fn user() -> User {
    let kilo = StandIn::json(r#"{"balance":12.5}"#);
    let deepseek = StandIn::json(
        r#"{"balance_infos":[{"currency":"CNY","total_balance":"110.00"},{"currency":"USD","total_balance":"7.50"}]}"#,
    );
    let tavily = StandIn::json(
        r#"{"key":{"usage":150,"limit":1000},"account":{"plan_usage":500,"plan_limit":15000}}"#,
    );
    let down = StandIn::new(|_| response(500, "", "{}"));
    let user = User::new();
    let profiles = [
        ("kilo", "kilo", kilo.url.as_str()),
        ("deep", "deepseek", &deepseek.url),
        ("tav", "tavily", &tavily.url),
        ("down", "kilo", &down.url),
    ];
    configure(user.home(), &profiles);
    keep_keys(&user, &profiles.map(|(name, system, url)| (name, system, url, "k")));
    let init = ["ledger", "init", "--mandate", "acme", "--model", "prepay-mandate"];
    user.run(&init).code(0);
    user.run(&["ledger", "credit", "20", "--mandate", "acme"]).code(0);
    user
}

#[test]
fn every_account_is_a_sample_and_what_was_not_read_has_none() {
    let user = user();
    let text = user.run(&["metrics"]).code(0).out;
    for line in [
        r#"topup_up{profile="kilo",provider="kilo"} 1"#,
        r#"topup_up{profile="down",provider="kilo"} 0"#,
        r#"topup_balance{profile="kilo",provider="kilo",unit="usd",scope="account"} 12.5"#,
        r#"topup_balance{profile="deep",provider="deepseek",unit="cny",scope="account"} 110"#,
        r#"topup_balance{profile="deep",provider="deepseek",unit="usd",scope="account"} 7.5"#,
        r#"topup_limit_remaining{profile="tav",provider="tavily",unit="credits",scope="key"} 850"#,
        r#"topup_ledger_balance{mandate="acme",user="",unit="chf"} 20"#,
    ] {
        assert!(text.lines().any(|told| told == line), "no {line} in\n{text}");
    }
    assert!(!text.contains(r#"topup_balance{profile="down""#), "{text}");
    let document = user.run(&["metrics", "--json"]).code(0).json();
    assert_eq!((&document["data"]["up"], &document["data"]["down"]), (&3.into(), &1.into()));
    user.with("TOPUP_TOKEN", "x").run(&["metrics"]).code(2).says("about every profile");
}

#[test]
fn a_file_is_replaced_whole_or_not_at_all() {
    let user = user();
    let file = user.file("topup.prom");
    fs::write(&file, "old").expect("written");
    let named = file.to_str().expect("text").to_owned();
    user.run(&["metrics", "--output", &named]).code(0).prints("4 accounts").prints("1 not read");
    assert!(fs::read_to_string(&file).expect("text").ends_with("# EOF\n"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&file).expect("a file").permissions().mode();
        assert_eq!(mode & 0o444, 0o444, "another user collects it");
    }
    fs::write(user.file("config.toml"), "[").expect("written");
    user.run(&["metrics", "--output", &named]).code(4);
    assert!(fs::read_to_string(&file).expect("text").ends_with("# EOF\n"), "the old one is kept");
    user.run(&["metrics", "--output", "/nowhere/topup.prom"]).code(4);
    let folder = user.file("col lected");
    let named = folder.join("topup.prom").display().to_string();
    fs::write(user.file("config.toml"), "").expect("written");
    let refused = user.run(&["metrics", "--output", &named]).code(4);
    let shown = folder.display();
    refused.says(&format!("no folder {shown}")).says(&format!("mkdir -p '{shown}'"));
    assert!(!folder.exists(), "a folder that nobody collects from is not made");
}

/// Whether a program for this is here; where it has to be, its absence is a failure.
fn is_here(program: &str, mut probe: Command) -> bool {
    let here =
        probe.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|ran| ran.success());
    let required = std::env::var("TOPUP_TEST_REQUIRES").unwrap_or_default();
    assert!(here || !required.split(',').any(|one| one == program), "{program} is not here");
    if !here {
        println!("left out: {program} is not here");
    }
    here
}

fn fed(mut command: Command, text: &str) -> (bool, String) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("written");
    let ran = child.wait_with_output().expect("it ends");
    let told = [ran.stdout, ran.stderr].concat();
    (ran.status.success(), String::from_utf8_lossy(&told).into_owned())
}

#[test]
fn promtool_and_the_parser_of_openmetrics_take_it_as_it_is() {
    let text = user().run(&["metrics"]).code(0).out;
    let mut probe = Command::new("promtool");
    probe.arg("--version");
    if is_here("promtool", probe) {
        let mut promtool = Command::new("promtool");
        promtool.args(["check", "metrics"]);
        let (well, told) = fed(promtool, &text);
        assert!(well && told.trim().is_empty(), "{told}\n{text}");
    }
    let has_parser = |python: &&str| {
        let mut probe = Command::new(python);
        probe.args(["-c", "import prometheus_client"]).stderr(Stdio::null());
        probe.status().is_ok_and(|ran| ran.success())
    };
    // The one of the system has the packages of the system.
    let python = ["python3", "/usr/bin/python3"].into_iter().find(has_parser);
    let mut probe = Command::new(python.unwrap_or("false"));
    probe.args(["-c", ""]);
    if is_here("prometheus-client", probe) {
        let mut python = Command::new(python.expect("it is here"));
        python.args([
            "-c",
            "import sys\nfrom prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics\n\
             from prometheus_client.parser import text_string_to_metric_families as prometheus\n\
             text = sys.stdin.read()\nnames = [f.name for f in openmetrics(text)]\n\
             assert names == [f.name for f in prometheus(text)], names\nassert 'topup_balance' in names, names\n",
        ]);
        let (well, told) = fed(python, &text);
        assert!(well, "{told}\n{text}");
    }
}

/// What a real node_exporter serves of the files in `folder`.
fn collected(folder: &Path) -> String {
    let mut exporter = Command::new("prometheus-node-exporter")
        .args(["--collector.disable-defaults", "--collector.textfile"])
        .arg(format!("--collector.textfile.directory={}", folder.display()))
        .args(["--web.listen-address=127.0.0.1:0", "--web.disable-exporter-metrics"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let log = BufReader::new(exporter.stderr.take().expect("a pipe"));
    let (port, answered) = mpsc::channel();
    let reading = thread::spawn(move || {
        for line in log.lines().map_while(Result::ok) {
            if let Some((_, rest)) = line.split_once("address=127.0.0.1:") {
                let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                let _ = port.send(digits);
            }
        }
    });
    let port = answered.recv_timeout(Duration::from_secs(30)).expect("it listens");
    let answer = Command::new("curl")
        .args(["-sSf", "-q", "--max-time", "30", &format!("http://127.0.0.1:{port}/metrics")])
        .output()
        .expect("curl");
    exporter.kill().expect("it is ended");
    exporter.wait().expect("it has ended");
    reading.join().expect("the log ends");
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    String::from_utf8_lossy(&answer.stdout).into_owned()
}

#[test]
fn the_files_of_two_homes_in_one_folder_are_both_collected() {
    let mut probe = Command::new("prometheus-node-exporter");
    probe.arg("--version");
    if !is_here("node-exporter", probe) {
        return;
    }
    let user = user();
    let folder = user.file("collected");
    fs::create_dir(&folder).expect("a folder");
    for team in ["dev", "ops"] {
        let file = folder.join(format!("{team}.prom")).display().to_string();
        let label = format!("team={team}");
        user.run(&["metrics", "--output", &file, "--label", &label]).code(0);
    }
    let served = collected(&folder);
    assert!(served.contains("node_textfile_scrape_error 0"), "{served}");
    for team in ["dev", "ops"] {
        for (sample, value) in [("topup_balance{", "12.5"), ("topup_up{", "1")] {
            let found = served.lines().any(|line| {
                line.starts_with(sample)
                    && line.contains(&format!("team=\"{team}\""))
                    && line.ends_with(&format!(" {value}"))
            });
            assert!(found, "no {sample} of {team} in\n{served}");
        }
    }
    user.run(&["metrics", "--label", "unit=x"]).code(2).says("label 'unit' of their own");
    user.run(&["metrics", "--label", "a=1", "--label", "a=2"]).code(2).says("given twice");
}
