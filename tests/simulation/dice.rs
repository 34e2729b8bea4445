//! Where all chance of a schedule comes from: the same seed is the same schedule, on every machine.
//! What was drawn is kept, so that a schedule that fails can be played again with less of it.

/// A source of numbers. Zero is always the tamest choice: nothing happens, nothing fails.
pub struct Dice {
    from: From,
    drawn: Vec<u64>,
}

enum From {
    Seed(u64),
    /// What an earlier schedule drew; zeros when it is used up.
    Tape(Vec<u64>),
}

impl Dice {
    pub fn of_seed(seed: u64) -> Self {
        Self { from: From::Seed(seed), drawn: Vec::new() }
    }

    pub fn of_tape(tape: &[u64]) -> Self {
        Self { from: From::Tape(tape.to_vec()), drawn: Vec::new() }
    }

    /// Everything that was drawn so far.
    pub fn into_drawn(self) -> Vec<u64> {
        self.drawn
    }

    pub fn below(&mut self, end: u64) -> u64 {
        let number = match &mut self.from {
            From::Seed(state) => mix(state) % end,
            From::Tape(tape) => tape.get(self.drawn.len()).copied().unwrap_or(0).min(end - 1),
        };
        self.drawn.push(number);
        number
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
