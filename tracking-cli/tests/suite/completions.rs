//! `tracking completions`.

use std::process::Command;

use crate::support::{Operator, Ran};

#[test]
fn each_shell_has_a_script() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = Operator::new().run(["completions", shell]);
        assert_eq!((ran.code, &*ran.stderr), (0, ""), "{shell}");
        for word in ["series", "restore", "reveal-key"] {
            assert!(ran.stdout.contains(word), "{shell}: {word}");
        }
    }
    let ran = Operator::new().run(["completions", "tcsh"]);
    assert_eq!((ran.code, &*ran.stdout), (2, ""));
    assert!(
        ran.stderr
            .contains("[possible values: bash, elvish, fish, powershell, zsh]")
    );
}

/// What bash offers for the last of these words.
fn completed(line: &str) -> String {
    let operator = Operator::new();
    let script = operator.run(["completions", "bash"]).stdout;
    operator.write_private("script", &script);
    // The name of the function and its arguments are as bash calls it on the key.
    let program = r#"
        source "$1"
        [[ $(complete -p tracking) == *" -F _tracking "* ]] || exit 9
        read -ra COMP_WORDS <<< "$2"
        [[ $2 != *' ' ]] || COMP_WORDS+=('')
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _tracking tracking "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        echo "${COMPREPLY[*]}"
    "#;
    let mut bash = Command::new("bash");
    bash.args(["-c", program, "bash"])
        .arg(operator.path("script"))
        .arg(line);
    let ran = Ran::from(bash.output().unwrap());
    assert_eq!((ran.code, &*ran.stderr), (0, ""), "{line}");
    ran.stdout.trim_end().to_owned()
}

#[test]
fn bash_completes_commands_and_what_each_uses() {
    let operator = Operator::new();
    operator.write_private("script", &operator.run(["completions", "bash"]).stdout);
    let checked = Command::new("bash")
        .arg("-n")
        .arg(operator.path("script"))
        .status();
    assert!(checked.unwrap().success());
    for (line, offered) in [
        ("tracking se", "series"),
        ("tracking token n", "new"),
        ("tracking le", "ledger"),
        ("tracking ledger e", "export erase"),
        ("tracking ledger export --format ", "csv ndjson"),
        (
            "tracking ledger import --",
            "--from-csv --from-django --format --ledger --store --series --help --version",
        ),
        (
            "tracking ledger prune --",
            "--before --rows --ledger --help --version",
        ),
        ("tracking next --format ", "text json ndjson csv"),
        ("tracking series show --format ", "text json"),
        (
            "tracking series show --",
            "--reveal-key --format --store --series --help --version",
        ),
        ("tracking token check --", "--format --help --version"),
        (
            "tracking completions ",
            "-h -V --help --version bash elvish fish powershell zsh",
        ),
    ] {
        assert_eq!(completed(line), offered, "{line}");
    }
}
