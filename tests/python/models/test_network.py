"""What the network says where the data lack an input, and of the busiest accounts."""

import time

import duckdb
import pytest

from compiled import CompiledModels

OF_THE_PEER = ("net_peer_in_counterparties_7d", "net_peer_out_counterparties_7d")
OF_A_TRANSFER = ("net_chain_hops", "net_inflow_gap_seconds", "net_return_hops")
# What the data lack, and the columns that are then null. The others stay known.
LACKING = {
    "devices": ("update raw.transactions set device_id = null", ("net_device_customers_30d",)),
    "beneficiaries": (
        "delete from raw.transactions where beneficiary_id is not null",
        ("net_beneficiary_payers_30d",),
    ),
    "transfers between accounts": (
        "delete from raw.transactions where cash_flag = 0 and receiver_account_id is not null",
        (*OF_THE_PEER, "net_peer_pass_through_ratio_48h", *OF_A_TRANSFER),
    ),
}


@pytest.mark.parametrize("lacking", LACKING)
def test_what_the_data_lack_is_null_and_nothing_else(models: CompiledModels, lacking: str) -> None:
    change, expected = LACKING[lacking]
    models.run_on_built(order="rowid").execute(change)
    con = models.rebuild()
    assert rows(con) > 1_000
    counts = con.execute("select count(columns('^net_')) from main.transactions")
    names = [column[0] for column in counts.description]
    assert [n for n, known in zip(names, counts.fetchone(), strict=True) if not known] == [
        name for name in names if name in expected
    ]


def rows(con: duckdb.DuckDBPyConnection) -> int:
    (count,) = con.execute("select count(*) from main.transactions").fetchone()
    return count


# 20,000 transfers into an account and as many out of it, all of one amount; 20,000 accounts that
# pay one beneficiary. By pairs each would be 400 million rows.
HUB = """
    insert into raw.transactions
        (transaction_id, customer_id, sender_account_id, receiver_account_id, beneficiary_id,
        device_id, timestamp, amount, channel, debit_credit, transaction_type, cash_flag)
    select
        'T' || number,
        'C' || number % 20_000,
        case number % 3 when 0 then 'hub' else 'A' || number % 20_000 end,
        case number % 3 when 0 then 'A' || number // 3 % 20_000 when 1 then 'hub' end,
        case number % 3 when 2 then 'B0' end,
        'D0',
        timestamp '2025-10-01' + to_seconds(number * 7919 % 1_000_000),
        100,
        'web',
        'debit',
        'NEFT',
        0
    from range(60_000) as numbers (number)
"""


def test_no_busy_account_makes_the_work_quadratic(models: CompiledModels) -> None:
    con = models.run_on_built(order="rowid", where="false")
    con.execute(HUB)
    began = time.process_time()
    models.rebuild()
    assert time.process_time() - began < 20
    assert rows(con) == 60_000
    (most_counterparties, most_payers, most_customers) = con.execute(
        "select max(net_out_counterparties_7d), max(net_beneficiary_payers_30d),"
        " max(net_device_customers_30d) from main.transactions"
    ).fetchone()
    assert min(most_counterparties, most_payers, most_customers) > 10_000
    # The hub passes money on until 50 transfers have come in: then it is busy.
    (links,) = con.execute(
        "select count(*) from network.transfer_links as links"
        " inner join features.account_ledger as ledger on links.later_no = ledger.transaction_no"
        " where ledger.account_id = 'hub' and ledger.direction = 'out'"
    ).fetchone()
    assert 0 < links <= 50 * 51


# Two sides of so many accounts each. In turn, each account of one side pays one of the other, all
# of them the same amount: the one that many places on, as on a dial.
ON_A_SIDE = 250
PLACES_ON = [turn**3 * 7 % ON_A_SIDE if turn % 3 else turn % 9 for turn in range(1, 101)]
MESH = """
    insert into raw.transactions
        (transaction_id, customer_id, sender_account_id, receiver_account_id, timestamp, amount,
        channel, debit_credit, transaction_type, cash_flag)
    select
        'T' || (turn * 1000 + place),
        'C' || place,
        if(turn % 2 = 0, 'left', 'right') || place,
        if(turn % 2 = 0, 'right', 'left') || (place + places_on) % $places,
        timestamp '2025-10-01' + to_hours(turn),
        100,
        'web',
        'debit',
        'NEFT',
        0
    from (
        select unnest($places_on) as places_on, unnest(range(len($places_on))) as turn
    )
    cross join range($places) as places (place)
"""


def expected_returns(most_hops: int) -> list[int | None]:
    """The hops by which the payments of each turn bring money back.

    Money is back where it came from when it is on the same side and went all round the dial. So
    only the places matter that it went, and each of a turn's payments has the same answer.
    """
    ways = [[{places}] for places in PLACES_ON]  # of each turn by hops: how far money has come
    for _ in range(2, most_hops + 1):
        for turn in reversed(range(len(ways))):
            earlier = [ways[other][-1] for other in range(turn - 1, -1, -2)]
            ways[turn].append(
                {(far + PLACES_ON[turn]) % ON_A_SIDE for reached in earlier for far in reached}
            )
    return [
        next((hops for hops in range(2, most_hops + 1, 2) if 0 in of_turn[hops - 1]), None)
        for of_turn in ways
    ]


def test_where_everybody_pays_everybody_the_same_the_fewest_hops_are_found(
    models: CompiledModels,
) -> None:
    con = models.run_on_built(order="rowid", where="false")
    con.execute(MESH, {"places": ON_A_SIDE, "places_on": PLACES_ON})
    models.rebuild()
    found = con.execute(
        "select transaction_no // 1000, list(distinct net_return_hops), count(net_return_hops),"
        " min(net_chain_hops), max(net_chain_hops), count(*)"
        " from main.transactions group by 1 order by 1"
    ).fetchall()
    expected = expected_returns(most_hops=6)
    assert {None, 2, 4, 6} == set(expected)
    assert found == [
        (
            turn,
            [hops],
            0 if hops is None else ON_A_SIDE,
            min(turn + 1, 6),
            min(turn + 1, 6),
            ON_A_SIDE,
        )
        for turn, hops in enumerate(expected)
    ]
