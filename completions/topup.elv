# Completion of topup for elvish: topup itself is asked.
set edit:completion:arg-completer[topup] = {|@words|
    try { env TOPUP_COMPLETE=elvish topup -- $@words 2>/dev/null } catch { }
}
