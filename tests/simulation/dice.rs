//! Where all chance of a schedule comes from: the same seed is the same schedule, on every machine.
//! What a seed draws is kept where it is asked for, so that a schedule that fails can be played again
//! with less of it.

/// A source of numbers. Zero is always the tamest choice: nothing happens, nothing fails.
pub struct Dice(From);

enum From {
    Seed(u64),
    /// The same, and what it drew so far.
    Kept(u64, Vec<u64>),
    /// What an earlier schedule drew, and how much of it is used up; zeros when it all is.
    Tape(Vec<u64>, usize),
}

impl Dice {
    pub fn of_seed(seed: u64) -> Self {
        Self(From::Seed(seed))
    }

    /// The same, and what is drawn is kept.
    pub fn of_seed_kept(seed: u64) -> Self {
        Self(From::Kept(seed, Vec::new()))
    }

    pub fn of_tape(tape: &[u64]) -> Self {
        Self(From::Tape(tape.to_vec(), 0))
    }

    /// Everything that was drawn so far, where it was kept.
    pub fn into_drawn(self) -> Vec<u64> {
        match self.0 {
            From::Kept(_, drawn) => drawn,
            From::Seed(_) | From::Tape(..) => Vec::new(),
        }
    }

    pub fn below(&mut self, end: u64) -> u64 {
        match &mut self.0 {
            From::Seed(state) => mix(state) % end,
            From::Kept(state, drawn) => {
                let number = mix(state) % end;
                drawn.push(number);
                number
            }
            From::Tape(tape, at) => {
                let number = tape.get(*at).copied().unwrap_or(0);
                *at += 1;
                number.min(end - 1)
            }
        }
    }

    /// True so many times of a hundred.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) >= 100 - percent
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.index(from.len())]
    }

    /// An index of something that long.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).expect("small")
    }
}

fn mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// How many schedules are tried to make a failing one smaller.
const TRIES: usize = 4_000;

/// A shorter and tamer tape that still fails: pieces are cut out, then numbers made smaller, until
/// nothing helps any more.
pub fn shrink(tape: Vec<u64>, fails: impl Fn(&[u64]) -> bool) -> Vec<u64> {
    let mut best = tape;
    let mut tries = 0;
    let mut attempt = |best: &mut Vec<u64>, candidate: Vec<u64>| {
        tries += 1;
        let better = tries <= TRIES && fails(&candidate);
        if better {
            *best = candidate;
        }
        better
    };
    loop {
        let before = best.clone();
        let mut piece = best.len() / 2;
        while piece > 0 {
            let mut at = 0;
            while at + piece <= best.len() {
                let mut shorter = best.clone();
                shorter.drain(at..at + piece);
                if !attempt(&mut best, shorter) {
                    at += piece;
                }
            }
            piece /= 2;
        }
        for at in 0..best.len() {
            for smaller in [0, best[at] / 2, best[at].saturating_sub(1)] {
                if smaller < best[at] {
                    let mut tamer = best.clone();
                    tamer[at] = smaller;
                    if attempt(&mut best, tamer) {
                        break;
                    }
                }
            }
        }
        while best.last() == Some(&0) {
            best.pop();
        }
        if best == before {
            return best;
        }
    }
}

#[test]
fn a_failing_tape_shrinks_to_what_matters() {
    // Fails when two numbers above 50 follow each other, wherever that is.
    let fails = |tape: &[u64]| tape.windows(2).any(|pair| pair[0] > 50 && pair[1] > 50);
    let mut dice = Dice::of_seed(7);
    let mut tape: Vec<u64> = (0..200).map(|_| dice.below(50)).collect();
    tape[120] = 99;
    tape[121] = 77;
    assert_eq!(shrink(tape, fails), [51, 51]);
    assert_eq!(Dice::of_tape(&[3]).below(2), 1, "a number that is too large is the largest");
}

#[test]
fn what_a_seed_draws_is_drawn_again_from_its_tape() {
    let mut kept = Dice::of_seed_kept(11);
    let mut seed = Dice::of_seed(11);
    let drawn: Vec<u64> = (1..60).map(|end| kept.below(end)).collect();
    assert_eq!(drawn, (1..60).map(|end| seed.below(end)).collect::<Vec<_>>());
    let tape = kept.into_drawn();
    assert_eq!(drawn, tape);
    let mut again = Dice::of_tape(&tape);
    assert_eq!(drawn, (1..60).map(|end| again.below(end)).collect::<Vec<_>>());
    assert_eq!(again.below(7), 0, "what is used up is tame");
}
