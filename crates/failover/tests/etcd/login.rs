//! Certificates, users and passwords.

use crate::{
    gateway::post,
    voters::{LIMIT, TTL, etcd, here, take, take_for_long},
};
use dbha_core::Secret;
use dbha_failover::etcd::{EtcdError, EtcdLogin, EtcdSettings, EtcdTls, EtcdVote, Renewal};
use dbha_testkit::{Authority, Etcd, EtcdOptions, EtcdTls as Certificates, Validity};
use std::{fs, path::PathBuf, time::Duration};
use tempfile::TempDir;

fn vote(urls: &str, tls: EtcdTls, login: Option<EtcdLogin>, limit: Duration) -> EtcdVote {
    let settings = EtcdSettings::new(urls, tls, login).unwrap();
    EtcdVote::new(settings, "shop", limit).unwrap()
}

/// The files of a client that this authority knows.
struct Client {
    directory: TempDir,
}

impl Client {
    fn of(authority: &Authority) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let signed = authority.sign(&["dbha"], Validity::Long).unwrap();
        fs::write(directory.path().join("ca.pem"), authority.certificate()).unwrap();
        fs::write(directory.path().join("cert.pem"), signed.certificate).unwrap();
        fs::write(directory.path().join("key.pem"), signed.key).unwrap();
        Self { directory }
    }

    fn file(&self, name: &str) -> Option<PathBuf> {
        Some(self.directory.path().join(name))
    }

    fn tls(&self) -> EtcdTls {
        EtcdTls {
            ca: self.file("ca.pem"),
            certificate: self.file("cert.pem"),
            key: self.file("key.pem"),
        }
    }
}

#[tokio::test]
async fn an_etcd_that_demands_certificates_gets_them_and_must_have_the_right_one_itself() {
    let authority = Authority::new("etcd").unwrap();
    let options = EtcdOptions::default().with_tls(Certificates::signed_by(&authority).unwrap());
    let Some(etcd) = here(Etcd::start(&options).await) else {
        return;
    };
    let client = Client::of(&authority);
    let mut known = vote(&etcd.url(), client.tls(), None, LIMIT);
    take(&mut known, TTL, "a").await;
    assert!(matches!(
        known.renew("b").await.unwrap(),
        Renewal::Acknowledged(_)
    ));

    let limit = Duration::from_secs(2);
    let nameless = EtcdTls {
        ca: client.file("ca.pem"),
        ..EtcdTls::default()
    };
    let refused = vote(&etcd.url(), nameless, None, limit).look().await;
    eprintln!("without a certificate: {}", refused.unwrap_err());
    let strangers = Client::of(&Authority::new("somebody else").unwrap());
    let mistrusted = EtcdTls {
        ca: strangers.file("ca.pem"),
        ..client.tls()
    };
    let refused = vote(&etcd.url(), mistrusted, None, limit)
        .look()
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("certificate"), "{refused}");
    let unknown = EtcdTls {
        ca: client.file("ca.pem"),
        ..strangers.tls()
    };
    let refused = vote(&etcd.url(), unknown, None, limit).look().await;
    eprintln!("with a stranger's: {}", refused.unwrap_err());
    fs::write(client.file("ca.pem").unwrap(), "nothing").unwrap();
    let useless = vote(&etcd.url(), client.tls(), None, limit)
        .look()
        .await
        .unwrap_err();
    assert!(matches!(useless, EtcdError::File { .. }), "{useless:?}");
    fs::remove_file(client.file("ca.pem").unwrap()).unwrap();
    let missing = vote(&etcd.url(), client.tls(), None, limit)
        .look()
        .await
        .unwrap_err();
    assert!(matches!(missing, EtcdError::Read { .. }), "{missing:?}");
}

/// Lets a user of this password do what dbha needs, and nothing else.
async fn demand_passwords(etcd: &Etcd, password: &str) {
    let address = etcd.address();
    let all = [
        (
            "auth/user/add",
            r#"{"name":"root","password":"of root"}"#.to_owned(),
        ),
        ("auth/role/add", r#"{"name":"root"}"#.to_owned()),
        ("auth/user/grant", r#"{"user":"root","role":"root"}"#.to_owned()),
        (
            "auth/user/add",
            format!(r#"{{"name":"dbha","password":"{password}"}}"#),
        ),
        ("auth/role/add", r#"{"name":"pairs"}"#.to_owned()),
        // /dbha/ up to /dbha0: all keys that begin with /dbha/.
        (
            "auth/role/grant",
            r#"{"name":"pairs","perm":{"permType":"READWRITE","key":"L2RiaGEv","range_end":"L2RiaGEw"}}"#
                .to_owned(),
        ),
        ("auth/user/grant", r#"{"user":"dbha","role":"pairs"}"#.to_owned()),
        ("auth/enable", "{}".to_owned()),
    ];
    for (path, body) in all {
        post(&address, path, &body).await;
    }
}

fn login(user: &str, password: &str) -> Option<EtcdLogin> {
    Some(EtcdLogin {
        user: user.into(),
        password: Secret::new(password),
    })
}

#[tokio::test]
async fn an_etcd_with_users_lets_only_the_right_password_in() {
    let Some(mut etcd) = etcd().await else { return };
    demand_passwords(&etcd, "not for others").await;
    let with = |login| vote(&etcd.url(), EtcdTls::default(), login, LIMIT);
    let mut known = with(login("dbha", "not for others"));
    take_for_long(&mut known, "a").await;
    for stranger in [None, login("dbha", "guessed"), login("nobody", "not for others")] {
        let refused = with(stranger).look().await.unwrap_err();
        assert!(matches!(refused, EtcdError::Refused { .. }), "{refused:?}");
        assert!(!refused.to_string().contains("guessed"), "{refused}");
        eprintln!("{refused}");
    }
    // Its tokens are gone with its process.
    etcd.kill().await.unwrap();
    etcd.start_again().unwrap();
    etcd.wait_until_answering().await.unwrap();
    assert!(matches!(
        known.renew("b").await.unwrap(),
        Renewal::Acknowledged(_)
    ));
    known.release().await.unwrap();
    assert_eq!(known.look().await.unwrap().holder, None);
}
