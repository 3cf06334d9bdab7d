//! `dbha render platform`, `platform-sql` and `health-check` without any server.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::operator::Operator;
use crate::tool;

const SERVERS: [&str; 4] = ["--primary", "10.0.0.11:3306", "--secondary", "10.0.0.12:3306"];

#[tokio::test]
async fn a_password_goes_into_a_file_and_nowhere_else() {
    let mut operator = Operator::without_servers();
    let secret = "mArker_oF_a-tenant.7";
    let given = operator.password_file("given", secret);
    let (given, out) = (given.display().to_string(), operator.home().join("k3s.env"));
    let out_text = out.display().to_string();
    let mut arguments = vec!["render", "platform", "--for", "k3s"];
    arguments.extend(SERVERS);
    let without_out = [arguments.clone(), vec!["--password-file", &given]].concat();
    operator.finish(&mut operator.bare(without_out)).await.exits(2);
    let placeholder = operator
        .finish(&mut operator.bare(arguments.clone()))
        .await
        .exits(0);
    assert!(
        placeholder.stdout.contains("k3s:PASSWORD@tcp(10.0.0.11:3306)"),
        "{placeholder}"
    );
    fs::write(&out, "old and open").unwrap();
    fs::set_permissions(&out, fs::Permissions::from_mode(0o644)).unwrap();

    let whole = [
        arguments.clone(),
        vec!["--password-file", &given, "--out", &out_text],
    ]
    .concat();
    let ran = operator.finish(&mut operator.bare(whole)).await.exits(0);
    assert_eq!(ran.stdout, "");
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(
        fs::read_to_string(&out)
            .unwrap()
            .contains(&format!("k3s:{secret}@tcp("))
    );

    fs::set_permissions(&given, fs::Permissions::from_mode(0o644)).unwrap();
    let open = [arguments, vec!["--password-file", &given, "--out", &out_text]].concat();
    operator
        .finish(&mut operator.bare(open))
        .await
        .exits(2)
        .says_one_error_with_a_fix();
}

#[tokio::test]
async fn scenario_84_hostile_values_are_refused_by_name() {
    let mut operator = Operator::without_servers();
    let bad = operator.password_file("bad", "p@ss:w/rd");
    let bad = bad.display().to_string();
    let config =
        "[server.\"a b\"]\naddress = \"10.0.0.1:3306\"\n[server.\"c$(id)\"]\naddress = \"10.0.0.2:3306\"\n";
    fs::write(operator.home().join("dbha.toml"), config).unwrap();
    let out = operator.home().join("never").display().to_string();
    for (arguments, says) in [
        (
            vec!["platform", "--for", "rainbond", "--address", "10.0.0.1\"x:3306"],
            "--address",
        ),
        (
            vec!["platform", "--for", "kubesphere", "--monitor", "a b:9104"],
            "cannot stand in",
        ),
        (
            vec!["platform", "--for", "rainbond", "--vip", "[fd00::1]:3306"],
            "brackets",
        ),
        (
            vec![
                "platform",
                "--for",
                "cloudpods",
                "--password-file",
                &bad,
                "--out",
                &out,
            ],
            "the password",
        ),
        (vec!["health-check", "--program", "/bin/x; id"], "cannot stand in"),
    ] {
        let mut all = vec!["render"];
        all.extend(arguments);
        all.extend(SERVERS);
        let ran = operator.finish(&mut operator.bare(all)).await.exits(2);
        assert!(ran.stdout.is_empty(), "{ran}");
        ran.says_one_error_with_a_fix().says(says);
    }
    assert!(!fs::exists(&out).unwrap());
    for name in ["a b", "c$(id)"] {
        let arguments = [
            "render",
            "health-check",
            "--primary",
            name,
            "--secondary",
            "10.0.0.9",
        ];
        operator
            .finish(&mut operator.bare(arguments))
            .await
            .exits(2)
            .says("cannot stand in");
    }
    let sql = [
        "render",
        "platform-sql",
        "--for",
        "k3s",
        "--client-host",
        "h'; DROP DATABASE x",
    ];
    operator
        .finish(&mut operator.bare(sql))
        .await
        .exits(2)
        .says("cannot stand in");
}

#[tokio::test]
async fn haproxy_takes_what_is_rendered_for_kubesphere() {
    let Some(mut haproxy) = tool::found("haproxy", "haproxy") else {
        return;
    };
    let operator = Operator::without_servers();
    let mut arguments = vec!["render", "platform", "--for", "kubesphere"];
    arguments.extend(SERVERS);
    let text = operator
        .finish(&mut operator.bare(arguments))
        .await
        .exits(0)
        .stdout;
    assert!(
        text.contains("bind *:3306\n") && text.contains("bind *:3307\n"),
        "{text}"
    );
    let file = operator.home().join("pair.cfg");
    fs::write(&file, text).unwrap();
    let checked = haproxy.arg("-c").arg("-f").arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(checked.status.success() && !said.contains("WARNING"), "{said}");
}
