# Completion of topup for bash: topup itself is asked.
_topup() {
    local word
    COMPREPLY=()
    while IFS= read -r word || [[ $word ]]; do
        COMPREPLY+=("$word")
    done < <(TOPUP_COMPLETE=bash TOPUP_COMPLETE_BREAKS=$COMP_WORDBREAKS topup -- "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    if [[ ${COMPREPLY-} == *[=/] ]]; then
        compopt -o nospace 2>/dev/null
    fi
    # Files stand behind a redirection and in the command behind `--` alone.
    if [[ ${COMP_WORDS[COMP_CWORD-1]} == [\<\>]* ]]; then
        compopt -o default 2>/dev/null
    fi
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        if [[ $word == -- ]]; then
            compopt -o bashdefault -o default 2>/dev/null
        fi
    done
}
complete -o nosort -F _topup topup 2>/dev/null || complete -F _topup topup
