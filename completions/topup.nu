# Completion of topup for Nushell, 0.108 or later: topup itself is asked.
def "nu-complete topup" [words: list<string>] {
    let answer = with-env { TOPUP_COMPLETE: nushell } { ^topup -- ...$words e> /dev/null }
    let found = $answer | lines | split column "\t" value description
    if ($found | is-empty) and ("--" in $words) { null } else { $found }
}

# Buys, watches and meters prepaid AI credits, and never pays twice
@complete "nu-complete topup"
export extern topup [...words: string]
