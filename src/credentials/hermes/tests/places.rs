//! Where the files of Hermes are, and which login is meant.

use super::*;

/// A user's home with a Hermes in it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(crate::core::scratch::tempdir().expect("a folder"));
        fs::create_dir_all(place.path(".hermes/profiles/work")).expect("made");
        fs::create_dir_all(place.path("data/profiles/work")).expect("made");
        place
    }

    fn path(&self, path: &str) -> PathBuf {
        // Without the links that a temporary folder may lie behind.
        fs::canonicalize(self.0.path()).expect("there").join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let file = self.path(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        fs::write(file, text).expect("written");
    }

    /// What is found with these variables, paths of the home in them, as paths below the home.
    fn find(&self, variables: &[(&str, &str)]) -> Result<(String, String, Option<String>)> {
        let home = self.path("");
        let set = variables.iter().map(|(name, value)| {
            let value = if value.starts_with("http") {
                (*value).to_owned()
            } else {
                self.path(value).display().to_string()
            };
            ((*name).to_owned(), value)
        });
        let all = set.chain([("HOME".to_owned(), home.display().to_string())]);
        let nowhere = ("HERMES_MANAGED_DIR".to_owned(), self.path("no").display().to_string());
        let named: Vec<(String, String)> = std::iter::once(nowhere).chain(all).collect();
        let found = Installation::find(&Variables::new(named))?;
        let below = |path: &Path| {
            let short = path.strip_prefix(&home).unwrap_or(path);
            short.display().to_string()
        };
        let root = found.root_auth.as_deref().map(below);
        Ok((below(&found.files.auth), below(&found.files.shared), root))
    }

    #[track_caller]
    fn finds(&self, variables: &[(&str, &str)], auth: &str, shared: &str, root: Option<&str>) {
        let found = self.find(variables).expect("found");
        let expected = (auth.to_owned(), shared.to_owned(), root.map(str::to_owned));
        assert_eq!(found, expected, "{variables:?}");
    }
}

const ROOT: &str = ".hermes/auth.json";
const WORK: &str = ".hermes/profiles/work/auth.json";
const SHARED: &str = ".hermes/shared/nous_auth.json";

#[test]
fn the_files_are_those_of_the_home_and_of_the_root_it_lies_in() {
    let place = Place::new();
    place.finds(&[], ROOT, SHARED, None);
    place.finds(&[("HERMES_HOME", ".hermes/profiles/work")], WORK, SHARED, Some(ROOT));
    let data = "data/shared/nous_auth.json";
    place.finds(&[("HERMES_HOME", "data")], "data/auth.json", data, None);
    let of_work = "data/profiles/work";
    let auth = "data/profiles/work/auth.json";
    place.finds(&[("HERMES_HOME", of_work)], auth, data, Some("data/auth.json"));
    place.finds(&[("HERMES_SHARED_AUTH_DIR", "s")], ROOT, "s/nous_auth.json", None);
}

/// A login used in place, 1.
#[test]
fn a_home_that_is_a_link_to_a_profile_has_the_root_of_that_profile() {
    let place = Place::new();
    symlink(place.path(".hermes/profiles/work"), place.path("link")).expect("linked");
    place.finds(&[("HERMES_HOME", "link")], "link/auth.json", SHARED, Some(ROOT));
}

/// A login used in place, 2.
#[test]
fn the_settings_of_hermes_say_where_the_shared_copy_is_and_count_before_the_environment() {
    let place = Place::new();
    place.write(".hermes/.env", "OTHER=1\nexport HERMES_SHARED_AUTH_DIR='~/mine'\n");
    let named = [("HERMES_SHARED_AUTH_DIR", "stale")];
    place.finds(&named, ROOT, "mine/nous_auth.json", None);
    // Those of an administrator count before both.
    place.write("managed/.env", "HERMES_SHARED_AUTH_DIR=~/theirs");
    let managed = [named[0], ("HERMES_MANAGED_DIR", "managed")];
    place.finds(&managed, ROOT, "theirs/nous_auth.json", None);
    // The profile has settings of its own.
    let work = [("HERMES_HOME", ".hermes/profiles/work")];
    place.finds(&work, WORK, SHARED, Some(ROOT));
    place.write(".hermes/.env", "HERMES_PORTAL_BASE_URL=https://staging.example");
    let variables = Variables::new([("HOME", place.path("").into_os_string())]);
    let found = Installation::find(&variables).expect("found");
    assert_eq!(found.portal_url.as_deref(), Some("https://staging.example"));
    place.write(".hermes/.env", "HERMES_SHARED_AUTH_DIR=not/absolute");
    assert_eq!(place.find(&[]).expect_err("no folder").class(), Class::Config);
    fs::remove_file(place.path(".hermes/.env")).expect("removed");
    fs::create_dir(place.path(".hermes/.env")).expect("made");
    let refused = place.find(&[]).expect_err("not readable");
    assert!(refused.to_string().contains(".hermes/.env cannot be read"), "{refused}");
}

/// A login used in place, 3.
#[test]
fn the_active_profile_is_meant_unless_a_profile_is_named() {
    let place = Place::new();
    place.write(".hermes/active_profile", "Work\n");
    place.finds(&[], WORK, SHARED, Some(ROOT));
    place.finds(&[("HERMES_HOME", ".hermes")], WORK, SHARED, Some(ROOT));
    fs::create_dir(place.path(".hermes/profiles/other")).expect("made");
    let other = ".hermes/profiles/other";
    let auth = ".hermes/profiles/other/auth.json";
    place.finds(&[("HERMES_HOME", other)], auth, SHARED, Some(ROOT));
    for none in ["", "default\n", "Default"] {
        place.write(".hermes/active_profile", none);
        place.finds(&[], ROOT, SHARED, None);
    }
    for gone in ["gone", "../../etc"] {
        place.write(".hermes/active_profile", gone);
        let refused = place.find(&[]).expect_err(gone);
        assert_eq!(refused.class(), Class::Config);
        assert!(refused.to_string().contains("active_profile"), "{refused}");
    }
}

/// A login used in place, 3.
#[test]
fn a_profile_without_a_login_uses_that_of_the_root() {
    let both = Both::at(&portal().base);
    both.write_auth(&both.tokens(1, 900));
    let profile = both.hermes.path().join("profiles/work");
    fs::create_dir_all(&profile).expect("made");
    let auth = profile.join("auth.json");
    let installation = Installation {
        files: Files { auth: auth.clone(), ..both.files() },
        root_auth: Some(both.files().auth),
        portal_url: None,
    };
    let found = || Copies::find(&installation).expect("read").1.auth;
    assert_eq!(found(), both.files().auth);
    put(&auth, "{\"version\":1,\"providers\":{}}");
    assert_eq!(found(), both.files().auth);
    let whole = json!({"providers": {"nous": both.tokens(2, 900)}});
    put(&auth, &whole.to_string());
    assert_eq!(found(), auth);
}
