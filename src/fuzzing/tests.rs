//! The corpus, read by every target in every run of the tests, as it is and bent at random: what
//! was found once is never lost again, fuzzer or not.

use super::{FuzzTarget, TARGETS};
use std::fs;
use std::path::{Path, PathBuf};

/// How often each entry is bent, from one seed: the same in every run.
const BENT: u32 = 60;

fn corpus(target: &FuzzTarget) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target.name);
    let entries = fs::read_dir(&folder).expect(target.name);
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).expect("read"))).collect()
}

/// A generator that needs to be nothing but the same everywhere (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides.max(1) as u64).expect("small")
    }
}

/// Cuts, repeats, replaces and crosses.
fn bend(bytes: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    const ODD: [u8; 14] =
        [0, b'"', b'-', b'0', b'9', b'{', b'}', b'[', b':', b'\n', b'\\', 27, 128, 255];
    let mut bent = bytes.to_vec();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(bent.len() + 1);
        match dice.roll(6) {
            0 => bent.truncate(at),
            1 => bent.insert(at, ODD[dice.roll(ODD.len())]),
            2 if at < bent.len() => bent[at] = ODD[dice.roll(ODD.len())],
            3 if at < bent.len() => bent[at] ^= 1 << dice.roll(8),
            4 => {
                let end = at + dice.roll(bent.len() - at + 1);
                let part = bent[at..end].to_vec();
                bent.splice(at..at, part);
            }
            _ => {
                let from = dice.roll(other.len() + 1);
                bent.splice(at.., other[from..].iter().copied());
            }
        }
    }
    bent
}

fn has_a_corpus_and_withstands_it_as_it_is_and_bent(target: &FuzzTarget) {
    let entries = corpus(target);
    assert!(entries.len() >= 2, "{} has nothing to begin with", target.name);
    let mut dice = Dice(1);
    for (path, bytes) in &entries {
        let withstands = |bytes: &[u8]| {
            let run = std::panic::catch_unwind(|| (target.run)(bytes));
            let shown = String::from_utf8_lossy(bytes);
            assert!(run.is_ok(), "{} on {}: {shown:?}", target.name, path.display());
        };
        withstands(bytes);
        for _ in 0..BENT {
            let other = &entries[dice.roll(entries.len())].1;
            withstands(&bend(bytes, other, &mut dice));
        }
    }
}

/// A test for each reader, so that they run side by side; and one that none is left out.
macro_rules! each_reader {
    ($($name:ident)*) => {
        mod each_reader_withstands {
            $(#[test]
            fn $name() {
                let target = super::TARGETS.iter().find(|target| target.name == stringify!($name));
                super::has_a_corpus_and_withstands_it_as_it_is_and_bent(target.expect("a reader"));
            })*
        }

        #[test]
        fn every_reader_is_tried() {
            let tried = [$(stringify!($name)),*];
            let all: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(tried.as_slice(), all);
        }
    };
}

each_reader! {
    nous ciris byterover login headers config credentials hermes pin cost amount money link base_url
    shown ids duration places command_line
}

#[test]
fn no_folder_of_the_corpus_is_without_its_reader() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    for entry in fs::read_dir(folder).expect("the corpus") {
        let name = entry.expect("an entry").file_name();
        assert!(TARGETS.iter().any(|target| *target.name == name), "{}", name.display());
    }
}
