# Rows of a table in Markdown, from the output of `cargo test -- --show-output` and of scripts/mutants.

function text(line) {
    gsub(/\|/, "\\|", line)
    gsub(/(\/[^ ,;]*)?\/\.tmp[A-Za-z0-9]+/, "a temporary folder", line)
    return line
}

BEGIN {
    print "| test or mutant | result | what it counted, or the test that saw it |"
    print "|---|---|---|"
}

# Two programs may have tests of one name.
/^ +Running / { program = $2 == "unittests" ? $3 : $2 }
/^test .* \.\.\. (ok|FAILED)$/ {
    name = ""
    tests[++count] = program " " $2
    result[tests[count]] = $NF
}
/^---- .* stdout ----$/ { name = program " " $2; next }
/^(successes|failures):$/ || /^test result:/ { name = ""; next }
# What a test that is about panics shows of them is no count.
/^thread '.* panicked at / { panics = 1; next }
/^stack backtrace:$/ || /^ +[0-9]+: / || /^ +at / || /^note: / { panics = 0; next }
name != "" && NF && panics { panics = 0; if (result[name] != "FAILED") next }
name != "" && NF {
    said[name] = said[name] (said[name] == "" ? "" : "; ") text($0)
}
/^[a-z-]+ +(caught|NOT SEEN|does not apply|no such test|not compiled) +[0-9]+  / {
    mutant = $1
    sub(/^[a-z-]+ +/, "")
    what = $0
    sub(/ +[0-9]+  .*/, "", what)
    mutants = mutants "| `" mutant "` | " what " | `" $NF "` |\n"
}
/^part: / {
    name = ""
    took = substr($0, length("part: ") + 1)
    seconds = took
    sub(/^.*, /, "", seconds)
    sub(/, [0-9]+ s$/, "", took)
    is_failed = sub(/ FAILED$/, "", took)
    parts = parts "| *" took "* | " (is_failed ? "FAILED" : "ok") " | " seconds " |\n"
}

END {
    for (at = 1; at <= count; at++) {
        test = tests[at]
        if (said[test] != "" || result[test] == "FAILED")
            print "| `" test "` | " result[test] " | " said[test] " |"
    }
    printf "%s%s", mutants, parts
}
