//! A test, as it runs in somebody's CI: an application writes orders while its primary dies, and goes on on the standby.
//!
//! What it shows: which of the orders that were acknowledged are still there afterwards. Replication is asynchronous, so an
//! order that the standby had not received when the primary died is lost; one that it had is not, and none is there twice.
//!
//! `cargo run -p dbha-examples --example ci_check` (MariaDB 10.11) or `… -- mysql-9.7`

#![allow(clippy::print_stdout)] // an example of a program that prints

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, ensure};
use dbha_testkit::Release;
use dbha_testkit::prelude::*;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio::time::{sleep, timeout};

const SCHEMA: &str = "CREATE DATABASE shop; CREATE TABLE shop.orders (number INT PRIMARY KEY) ENGINE=InnoDB";

/// How long the application may need to get an order through, failover included.
const ORDER_LIMIT: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let release = std::env::args()
        .nth(1)
        .map_or(Ok(Release::MariaDb10_11), |name| name.parse())?;
    let pair = ReplicatedPair::builder()
        .release(release)
        .writers(One)
        .setup_sql(SCHEMA);
    let mut pair = pair.start().await?;
    let mut application = Application::new([pair.primary_url(), pair.secondary_url()]);

    application.place_orders(100).await?;
    pair.wait_caught_up().await?;
    let safe = application.acknowledged.clone();
    println!("{} orders are acknowledged and on both servers", safe.len());

    // A standby that is behind when it counts.
    pair.cut(PrimaryToSecondary).await?;
    application.place_orders(20).await?;
    pair.kill(Primary).await?;
    println!("20 more are acknowledged, and the primary is dead before the standby has seen them");

    pair.open_for_writes(Secondary).await?;
    application.place_orders(100).await?;
    println!(
        "the application goes on on the standby: {} orders are acknowledged",
        application.acknowledged.len()
    );

    let present = orders_on(&pair.secondary_url()).await?;
    let lost: BTreeSet<_> = application.acknowledged.difference(&present).copied().collect();
    ensure!(safe.is_subset(&present), "an order was lost that the standby had");
    ensure!(
        present.is_subset(&application.acknowledged),
        "an order is there that nobody placed"
    );
    ensure!(
        lost.len() == 20,
        "{} orders were lost, and 20 were to be",
        lost.len()
    );
    println!(
        "lost: {} orders, those that the standby had not received",
        lost.len()
    );
    Ok(())
}

/// The application under test: it knows both servers, and turns to the other one when one does not take its order.
struct Application {
    urls: [String; 2],
    current: usize,
    session: Option<Conn>,
    next: u32,
    /// The orders that its customers were told of.
    acknowledged: BTreeSet<u32>,
}

impl Application {
    fn new(urls: [String; 2]) -> Self {
        Self {
            urls,
            current: 0,
            session: None,
            next: 1,
            acknowledged: BTreeSet::new(),
        }
    }

    async fn place_orders(&mut self, count: u32) -> anyhow::Result<()> {
        for _ in 0..count {
            let number = self.next;
            timeout(ORDER_LIMIT, self.place(number))
                .await
                .context("the order does not get through")?;
            self.acknowledged.insert(number);
            self.next += 1;
        }
        Ok(())
    }

    /// Tries until a server has taken the order; one that is there already, since only the answer was lost, counts.
    async fn place(&mut self, number: u32) {
        while let Err(error) = self.try_to_place(number).await {
            println!("order {number} was not taken ({error}); the other server is asked");
            (self.session, self.current) = (None, 1 - self.current);
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn try_to_place(&mut self, number: u32) -> Result<(), mysql_async::Error> {
        let mut session = match self.session.take() {
            Some(session) => session,
            None => Conn::from_url(&self.urls[self.current]).await?,
        };
        let order = "INSERT INTO shop.orders VALUES (?) ON DUPLICATE KEY UPDATE number = number";
        session.exec_drop(order, (number,)).await?;
        self.session = Some(session);
        Ok(())
    }
}

async fn orders_on(url: &str) -> anyhow::Result<BTreeSet<u32>> {
    let mut session = Conn::from_url(url).await?;
    let orders: Vec<u32> = session.query("SELECT number FROM shop.orders").await?;
    session.disconnect().await?;
    Ok(orders.into_iter().collect())
}
