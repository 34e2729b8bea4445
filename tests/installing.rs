//! Promise: `man --install` and `completions --install` put their files where `man`, the shells and
//! `doctor` look for them, and nowhere else.

use crate::books::has_program;
use crate::support::{Ran, User, topup};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs a program in the home of this user.
fn in_home(user: &User, program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().current_dir(user.home());
    let folder = Path::new(topup()).parent().expect("a folder");
    let path = format!("{}:/usr/bin:/bin", folder.display());
    command.env("HOME", user.home()).env("PATH", path).env("LANG", "C.UTF-8");
    let output = command.env("MANWIDTH", "200").output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// A user whose home is HOME and nothing else.
fn user() -> User {
    let user = User::new();
    let home = user.home().to_str().expect("text").to_owned();
    user.with("HOME", &home).with("TOPUP_HOME", "")
}

#[test]
fn the_manual_is_installed_where_man_finds_it_and_twice_is_once() {
    let user = user();
    for arguments in
        [&["man", "--install"][..], &["man", "--install"], &["man", "--install", "here"]]
    {
        user.run(arguments).code(0).prints("pages written below");
    }
    for folder in [".local/share/man", "here"] {
        let mut count = 0;
        for page in fs::read_dir("man").expect("the manual") {
            let page = page.expect("a page").path();
            let section = page.extension().and_then(|end| end.to_str()).expect("a section");
            let file = format!("{folder}/man{section}");
            let installed = user.file(&file).join(page.file_name().expect("a name"));
            assert_eq!(fs::read(&page).expect("read"), fs::read(&installed).expect("installed"));
            count += 1;
        }
        assert!(count > 70, "{count}");
    }
    if has_program("man", "man-db") {
        let folder = user.file(".local/share/man");
        let folder = folder.to_str().expect("text");
        let shown = in_home(&user, "man", &["-M", folder, "topup-exactly-once"]);
        assert!(shown.contains("at most once"), "{shown}");
    }
    fs::write(user.file("file"), "").expect("written");
    user.run(&["man", "--install", "file"]).code(4).says("cannot be written");
}

#[test]
fn a_page_of_the_manual_is_printed_as_man_reads_it() {
    let user = User::new();
    for (page, file) in [
        (&["man"][..], "topup.1"),
        (&["man", "buy"], "topup-buy.1"),
        (&["man", "plan upgrade"], "topup-plan-upgrade.1"),
        (&["man", "topup-security"], "topup-security.7"),
    ] {
        let text = fs::read_to_string(Path::new("man").join(file)).expect("a page");
        assert_eq!(user.run(page).code(0).out.trim_end(), text.trim_end());
    }
    user.run(&["man", "nonsense"]).code(2).says("no page 'nonsense'");
}

#[test]
fn a_script_is_installed_where_its_shell_and_doctor_look() {
    for (shell, place) in [
        ("bash", ".local/share/bash-completion/completions/topup"),
        ("zsh", ".zfunc/_topup"),
        ("fish", ".config/fish/completions/topup.fish"),
        ("elvish", ".config/elvish/lib/topup.elv"),
        ("nushell", ".local/share/nushell/vendor/autoload/topup.nu"),
        ("powershell", ".config/powershell/topup.ps1"),
    ] {
        let user = user();
        let installed: Ran = user.run(&["completions", shell, "--install"]).code(0).prints(place);
        let script = user.run(&["completions", shell]).code(0).out;
        let file = fs::read_to_string(user.file(place)).expect("installed");
        assert_eq!(file.trim_end(), script.trim_end(), "{shell}");
        let user = user.with("SHELL", &format!("/usr/bin/{shell}"));
        if ["bash", "zsh", "fish"].contains(&shell) {
            // The same by the name of the shell alone, and doctor finds it.
            fs::remove_file(user.file(place)).expect("removed");
            user.run(&["completions", "--install"]).code(0).prints(place);
            user.run(&["doctor", "--offline"]).prints(&format!("for {shell}, in ~/{place}"));
        }
        match shell {
            "fish" if has_program("fish", "fish") => {
                let offered = in_home(&user, "fish", &["-c", "complete --do-complete 'topup bu'"]);
                assert!(offered.starts_with("buy"), "{offered}");
            }
            "zsh" if has_program("zsh", "zsh") => {
                let line = installed.out.lines().last().expect("the line for its start file");
                let script = format!("{line} -u; whence -w _topup");
                assert_eq!(
                    in_home(&user, "zsh", &["-f", "-c", &script]).trim(),
                    "_topup: function"
                );
            }
            _ => {}
        }
    }
    let user = user().with("SHELL", "/bin/sh");
    user.run(&["completions", "--install"]).code(2).says("'topup completions bash --install'");
    user.run(&["completions"]).code(2).says("SHELL");
}
