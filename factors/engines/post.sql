-- The one way into the journal on PostgreSQL. Made from the code after every migrate: see factors/engines/postgresql.py.
-- p_entries: [{e, key, kind, day, document_no, summary, maker, …, head, tail, target, detail}]
-- p_lines:   [{i, e, n, kind, day, phase, debit, credit, amount, reservation, held, expires_on, renewed, twin}]
-- `e` counts entries from 1, `n` the lines of an entry, `i` all lines.
-- Answers {"posted": [[id, year, number], …], "flips": bool, "sealed": bool}, or {"known": [[id, year, number, key], …]} when
-- keys are known: then nothing is written. Refusals are SQLSTATE LD001 with facts in DETAIL.
-- The audit log is written (factors_seal) when p_seal and nothing flips: who is blocked or freed is written before it,
-- because the head of the audit log is the last lock of every transaction.
-- The settings: the planner takes every list in JSON for a hundred rows and would read whole tables for the one entry that
-- comes nearly always; everything here is found by an index. Measured: without them five times slower.
DROP FUNCTION IF EXISTS factors_seal(jsonb, timestamptz, bigint, text, inet);  -- as it was until November 2026
CREATE OR REPLACE FUNCTION factors_seal(
    p_entries jsonb, p_ids bigint[], p_now timestamptz, p_by bigint, p_by_name text, p_ip inet
) RETURNS void LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $seal$
DECLARE
    v_first bigint;
    v_hashes text[];
    r record;
BEGIN
    -- One entry for each of the journal, linked by hashes (people.audit): the hashes one after the other, the rows at once.
    SELECT h.sequence, ARRAY[h.hash] INTO v_first, v_hashes FROM people_audithead h WHERE h.id = 1 FOR UPDATE;
    IF NOT FOUND THEN
        v_first := 0;
        v_hashes := ARRAY[repeat('0', 64)];
        INSERT INTO people_audithead (id, sequence, hash) VALUES (1, 0, v_hashes[1]);
    END IF;
    FOR r IN SELECT e.e, e.head, e.tail FROM jsonb_to_recordset(p_entries) AS e(e int, head text, tail text) ORDER BY e.e
    LOOP
        v_hashes[r.e + 1] := encode(sha256(convert_to('[' || v_first + r.e || ',' || r.head || ',"' || p_ids[r.e] || '",'
            || r.tail || ',"' || v_hashes[r.e] || '"]', 'UTF8')), 'hex');
    END LOOP;
    INSERT INTO people_auditentry (sequence, at, kind, by_id, by_name, ip, target_type, target_id, target_text, detail,
                                   prev_hash, hash)
    SELECT v_first + e.e, p_now, 'ledger.posting', p_by, p_by_name, p_ip, 'factors.posting', p_ids[e.e]::text, e.target,
           e.detail::jsonb, v_hashes[e.e], v_hashes[e.e + 1]
      FROM jsonb_to_recordset(p_entries) AS e(e int, target text, detail text) ORDER BY e.e;
    UPDATE people_audithead
       SET sequence = v_first + cardinality(p_ids), hash = v_hashes[cardinality(v_hashes)] WHERE id = 1;
END
$seal$;

CREATE OR REPLACE FUNCTION factors_post(
    p_entries jsonb, p_lines jsonb, p_now timestamptz, p_by bigint, p_by_name text, p_ip inet, p_seal boolean
) RETURNS jsonb LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan AS $post$
DECLARE
    v_legal CONSTANT text[] := /*LEGAL*/;
    v_known jsonb;
    v_made jsonb;
    v_keys text[];
    v_ids bigint[];
    v_postings bigint[];
    v_transfers bigint[];
    v_resolving boolean;
    v_pending boolean;
    v_twins boolean;
    v_renewing boolean;
    v_reversing boolean;
    v_bad jsonb;
    v_count integer;
    v_flips boolean;
    r record;
BEGIN
    SELECT array_agg(e.key), count(e.renews) > 0, count(e.reverses) > 0 INTO v_keys, v_renewing, v_reversing
      FROM jsonb_to_recordset(p_entries) AS e(key text, renews bigint, reverses bigint);
    SELECT count(l.reservation) > 0, bool_or(l.phase = 'pending'), bool_or(l.twin),
           array_agg(l.debit) || array_agg(l.credit)
      INTO v_resolving, v_pending, v_twins, v_ids
      FROM jsonb_to_recordset(p_lines) AS l(reservation bigint, phase text, twin boolean, debit bigint, credit bigint);

    -- Locks: reservations, then accounts by tier. What is not open is remembered: it may be so because the same entry
    -- was made before, or while we waited.
    IF v_resolving OR v_renewing THEN
        FOR r IN
            SELECT w.reservation, v.ok
              FROM (
                SELECT l.reservation, l.debit, l.credit, l.phase, l.amount, l.held
                  FROM jsonb_to_recordset(p_lines)
                       AS l(reservation bigint, debit bigint, credit bigint, phase text, amount bigint, held bigint)
                 WHERE l.reservation IS NOT NULL
                UNION ALL
                SELECT e.renews, NULL, NULL, NULL, NULL, NULL FROM jsonb_to_recordset(p_entries) AS e(renews bigint)
                 WHERE e.renews IS NOT NULL
                ORDER BY 1
              ) w
              LEFT JOIN LATERAL (
                  SELECT true AS ok FROM factors_reservation x
                   WHERE x.id = w.reservation AND x.resolved_by_id IS NULL
                     AND CASE WHEN w.phase IS NULL THEN NOT x.renewed
                              ELSE x.amount = w.held AND x.pool_id = w.debit AND x.holding_id = w.credit
                                   AND w.amount <= w.held AND (w.phase = 'post' OR w.amount = w.held) END
                     FOR UPDATE
              ) v ON true
        LOOP
            IF r.ok IS NULL THEN
                v_bad := coalesce(v_bad, jsonb_build_object('code', 'not_open', 'reservation', r.reservation));
            END IF;
        END LOOP;
    END IF;
    -- Also the pools of the demands whose holdings change: whether a demand is blocked is compared with its pool, and a
    -- posting on the pool writes the demand when it turns. So the two take turns here, and not as a deadlock further on.
    SELECT count(*) FILTER (WHERE a.id = ANY(v_ids)) INTO v_count FROM (
        SELECT id FROM factors_account
         WHERE id = ANY(v_ids || ARRAY(SELECT d.pool_id FROM factors_demand d
                                        WHERE d.holding_id = ANY(v_ids) AND d.pool_id IS NOT NULL))
         ORDER BY tier, id FOR UPDATE
    ) a;
    SELECT jsonb_agg(jsonb_build_array(p.id, p.year, p.number, p.key)) INTO v_known
      FROM factors_posting p
     WHERE p.key = ANY(v_keys);
    IF v_known IS NOT NULL THEN
        RETURN jsonb_build_object('known', v_known);
    END IF;
    IF v_bad IS NOT NULL THEN
        RAISE EXCEPTION 'refused' USING ERRCODE = 'LD001', DETAIL = v_bad::text;
    END IF;
    IF v_reversing THEN
        SELECT jsonb_build_object('code', 'reversed', 'posting', p.reverses_id, 'by', p.id) INTO v_bad
          FROM jsonb_to_recordset(p_entries) AS e(reverses bigint) JOIN factors_posting p ON p.reverses_id = e.reverses
         LIMIT 1;
        IF v_bad IS NOT NULL THEN
            RAISE EXCEPTION 'refused' USING ERRCODE = 'LD001', DETAIL = v_bad::text;
        END IF;
    END IF;
    IF v_count < (SELECT count(DISTINCT i) FROM unnest(v_ids) i) THEN
        RAISE EXCEPTION 'refused' USING ERRCODE = 'LD001', DETAIL = jsonb_build_object(
            'code', 'unknown',
            'account', (SELECT i FROM unnest(v_ids) i WHERE i NOT IN (SELECT id FROM factors_account) LIMIT 1))::text;
    END IF;

    -- May the kind do this, and is every account of the right book, year and day? The first line that may not answers.
    SELECT CASE
             WHEN d.book_id <> c.book_id
               THEN jsonb_build_object('code', 'other_book', 'debit', l.debit, 'credit', l.credit)
             WHEN d.period <> c.period AND l.kind NOT IN ('carry_over', 'reverse')
               THEN jsonb_build_object('code', 'other_period', 'debit', l.debit, 'credit', l.credit)
             WHEN l.kind || ':' || l.phase || ':' || d.role || ':' || c.role <> ALL (v_legal)
               THEN jsonb_build_object('code', 'illegal', 'kind', l.kind, 'phase', l.phase,
                                       'debit', l.debit, 'credit', l.credit)
             WHEN d.closed_on IS NOT NULL AND l.phase IN ('posted', 'pending')
               THEN jsonb_build_object('code', 'closed', 'account', l.debit)
             WHEN c.closed_on IS NOT NULL AND l.phase IN ('posted', 'pending')
               THEN jsonb_build_object('code', 'closed', 'account', l.credit)
             WHEN d.last_on > l.day
               THEN jsonb_build_object('code', 'backdated', 'account', l.debit, 'last_on', d.last_on)
             ELSE jsonb_build_object('code', 'backdated', 'account', l.credit, 'last_on', c.last_on)
           END
      INTO v_bad
      FROM jsonb_to_recordset(p_lines) AS l(e int, n int, kind text, day date, phase text, debit bigint, credit bigint)
      JOIN factors_account d ON d.id = l.debit
      JOIN factors_account c ON c.id = l.credit
     WHERE d.book_id <> c.book_id
        OR (d.period <> c.period AND l.kind NOT IN ('carry_over', 'reverse'))
        OR l.kind || ':' || l.phase || ':' || d.role || ':' || c.role <> ALL (v_legal)
        OR ((d.closed_on IS NOT NULL OR c.closed_on IS NOT NULL) AND l.phase IN ('posted', 'pending'))
        OR d.last_on > l.day OR c.last_on > l.day
     ORDER BY l.e, l.n LIMIT 1;
    IF v_bad IS NOT NULL THEN
        RAISE EXCEPTION 'refused' USING ERRCODE = 'LD001', DETAIL = v_bad::text;
    END IF;

    -- Enough, at every line: what each account has left after each of its moves.
    SELECT jsonb_build_object('code', 'insufficient', 'account', x.account,
                              'available', x.after - x.move, 'wanted', -x.move)
      INTO v_bad
      FROM (
        SELECT m.e, m.n, m.account, m.move, a.may_overdraw,
               a.credits_posted - a.debits_posted - a.debits_pending
                 + sum(m.move) OVER (PARTITION BY m.account ORDER BY m.e, m.n) AS after
          FROM (
            SELECT l.e, l.n, l.debit AS account,
                   CASE WHEN l.phase IN ('posted', 'pending') THEN -l.amount
                        WHEN l.phase = 'post' THEN l.held - l.amount ELSE l.held END AS move
              FROM jsonb_to_recordset(p_lines)
                   AS l(e int, n int, phase text, debit bigint, amount bigint, held bigint)
            UNION ALL
            SELECT l.e, l.n, l.credit, CASE WHEN l.phase IN ('posted', 'post') THEN l.amount ELSE 0 END
              FROM jsonb_to_recordset(p_lines) AS l(e int, n int, phase text, credit bigint, amount bigint)
          ) m JOIN factors_account a ON a.id = m.account
      ) x
     WHERE x.after < 0 AND x.move < 0 AND NOT x.may_overdraw
     ORDER BY x.e, x.n LIMIT 1;
    IF v_bad IS NOT NULL THEN
        RAISE EXCEPTION 'refused' USING ERRCODE = 'LD001', DETAIL = v_bad::text;
    END IF;

    UPDATE factors_account a
       SET debits_posted = a.debits_posted + t.dp, credits_posted = a.credits_posted + t.cp,
           debits_pending = a.debits_pending + t.dq, credits_pending = a.credits_pending + t.cq,
           last_on = greatest(a.last_on, t.day)
      FROM (
        SELECT m.account, sum(m.dp) AS dp, sum(m.cp) AS cp, sum(m.dq) AS dq, sum(m.cq) AS cq, max(m.day) AS day
          FROM (
            SELECT l.debit AS account, l.day,
                   CASE WHEN l.phase IN ('posted', 'post') THEN l.amount ELSE 0 END AS dp, 0 AS cp,
                   CASE WHEN l.phase = 'pending' THEN l.amount
                        WHEN l.phase = 'posted' THEN 0 ELSE -l.held END AS dq, 0 AS cq
              FROM jsonb_to_recordset(p_lines)
                   AS l(phase text, debit bigint, amount bigint, held bigint, day date)
            UNION ALL
            SELECT l.credit, l.day, 0, CASE WHEN l.phase IN ('posted', 'post') THEN l.amount ELSE 0 END,
                   0, CASE WHEN l.phase = 'pending' THEN l.amount
                           WHEN l.phase = 'posted' THEN 0 ELSE -l.held END
              FROM jsonb_to_recordset(p_lines)
                   AS l(phase text, credit bigint, amount bigint, held bigint, day date)
          ) m GROUP BY m.account
      ) t
     WHERE a.id = t.account;

    UPDATE factors_demand d
       SET secured = h.credits_posted - h.debits_posted + h.credits_pending
      FROM factors_account h
     WHERE d.holding_id = h.id AND h.id = ANY(v_ids);

    -- Numbers without holes, one row a year. Ids are drawn behind that lock, so they become visible in their order;
    -- the rows know each other by them and need not be looked up again. The locks are not held while the disk is waited
    -- for: the caller waits for it after the commit (wait_for_disk in postgresql.py, docs/adr 0021).
    PERFORM set_config('synchronous_commit', 'off', true);
    INSERT INTO factors_journalyear AS j (year, last_number)
    SELECT extract(year FROM e.day)::int, count(*) FROM jsonb_to_recordset(p_entries) AS e(day date)
     GROUP BY 1 ORDER BY 1
        ON CONFLICT (year) DO UPDATE SET last_number = j.last_number + excluded.last_number;
    v_postings := ARRAY(SELECT nextval('factors_posting_id_seq') FROM generate_series(1, cardinality(v_keys)));
    WITH made AS (
        INSERT INTO factors_posting (id, year, number, key, kind, occurred_on, recorded_at, document_no, summary,
                                     maker_id, checker_id, voucher_id, reverses_id, renews_id, renewed_until)
        SELECT v_postings[e.e], y.year, y.last_number + 1 - row_number() OVER (PARTITION BY y.year ORDER BY e.e DESC),
               e.key, e.kind, e.day, p_now, e.document_no, e.summary, e.maker, e.checker, e.voucher, e.reverses, e.renews,
               e.renewed_until
          FROM jsonb_to_recordset(p_entries) AS e(
               e int, key text, kind text, day date, document_no text, summary text, maker bigint, checker bigint,
               voucher bigint, reverses bigint, renews bigint, renewed_until date)
          JOIN factors_journalyear y ON y.year = extract(year FROM e.day)::int
         ORDER BY e.e
        RETURNING id, year, number
    )
    SELECT jsonb_agg(jsonb_build_array(m.id, m.year, m.number) ORDER BY m.id) INTO v_made FROM made m;

    v_transfers := ARRAY(SELECT nextval('factors_transfer_id_seq') FROM generate_series(1, jsonb_array_length(p_lines)));
    INSERT INTO factors_transfer (id, posting_id, line, phase, debit_id, credit_id, amount, resolves_id, expires_on)
    SELECT v_transfers[l.i], v_postings[l.e], l.n, l.phase, l.debit, l.credit, l.amount,
           CASE WHEN l.reservation IS NOT NULL THEN
               (SELECT v.transfer_id FROM factors_reservation v WHERE v.id = l.reservation) END, l.expires_on
      FROM jsonb_to_recordset(p_lines) AS l(
           i int, e int, n int, phase text, debit bigint, credit bigint, amount bigint, reservation bigint, expires_on date)
     ORDER BY l.i;
    IF v_resolving THEN
        UPDATE factors_reservation v SET resolved_by_id = v_transfers[l.i]
          FROM jsonb_to_recordset(p_lines) AS l(i int, reservation bigint)
         WHERE v.id = l.reservation;
    END IF;
    IF v_pending THEN
        INSERT INTO factors_reservation (transfer_id, pool_id, holding_id, amount, reserved_on, expires_on, renewed)
        SELECT v_transfers[l.i], l.debit, l.credit, l.amount, l.day, l.expires_on, l.renewed
          FROM jsonb_to_recordset(p_lines) AS l(
               i int, phase text, debit bigint, credit bigint, amount bigint, day date, expires_on date, renewed boolean)
         WHERE l.phase = 'pending' ORDER BY l.i;
        IF v_twins THEN
            UPDATE factors_reservation v SET twin_of_id = main.id
              FROM jsonb_to_recordset(p_lines) AS l(i int, phase text, twin boolean)
              JOIN factors_reservation main ON main.transfer_id = v_transfers[l.i - 1]
             WHERE l.twin AND l.phase = 'pending' AND v.transfer_id = v_transfers[l.i];
        END IF;
    END IF;
    IF v_renewing THEN
        UPDATE factors_reservation v SET expires_on = e.renewed_until, renewed = true
          FROM jsonb_to_recordset(p_entries) AS e(renews bigint, renewed_until date)
         WHERE v.id = e.renews OR v.twin_of_id = e.renews;
    END IF;

    -- Does a demand turn blocked, or free? Two probes of an index for each pool that was touched.
    v_flips := EXISTS (
        SELECT 1 FROM (
            SELECT id, credits_posted - debits_posted - debits_pending AS available
              FROM factors_account WHERE id = ANY(v_ids) AND role = 'pool'
            UNION
            SELECT a.id, a.credits_posted - a.debits_posted - a.debits_pending
              FROM factors_demand d JOIN factors_account a ON a.id = d.pool_id WHERE d.holding_id = ANY(v_ids)
        ) pool
         WHERE EXISTS (SELECT 1 FROM factors_demand d WHERE d.pool_id = pool.id AND d.closed_on IS NULL
                          AND NOT d.blocked AND d.gap > pool.available)
            OR EXISTS (SELECT 1 FROM factors_demand d WHERE d.pool_id = pool.id AND d.closed_on IS NULL
                          AND d.blocked AND d.gap <= pool.available)
    ) OR EXISTS (
        SELECT 1 FROM factors_demand d WHERE d.holding_id = ANY(v_ids) AND d.pool_id IS NULL
           AND d.closed_on IS NULL AND d.blocked <> (d.gap > 0)
    );

    IF p_seal AND NOT v_flips THEN
        PERFORM factors_seal(p_entries, v_postings, p_now, p_by, p_by_name, p_ip);
    END IF;
    RETURN jsonb_build_object('posted', v_made, 'flips', v_flips, 'sealed', p_seal AND NOT v_flips);
END
$post$;

-- The same for what comes nearly always: one entry of one line and no more (`_is_plain` in postgresql.py says which). Same
-- order of locks, same refusals, same rows, but no list in JSON: each statement is one look into an index. Measured: four
-- times faster. tests/factors/test_ledger_paths.py holds the two functions to each other.
-- p_alone: there is no transaction around (factors_post_alone). A demand that turns needs more than this statement:
-- then nothing is written (SQLSTATE LD002) and the caller comes again within a transaction.
CREATE OR REPLACE FUNCTION factors_post_one(
    p_key text, p_kind text, p_day date, p_document_no text, p_summary text, p_maker bigint, p_checker bigint,
    p_voucher bigint, p_phase text, p_debit bigint, p_credit bigint, p_amount bigint, p_reservation bigint,
    p_held bigint, p_expires_on date, p_renewed boolean, p_head text, p_tail text, p_target text, p_detail text,
    p_now timestamptz, p_by bigint, p_by_name text, p_ip inet, p_seal boolean, p_alone boolean,
    OUT o_id bigint, OUT o_year integer, OUT o_number integer, OUT o_replayed boolean, OUT o_flips boolean,
    OUT o_sealed boolean
) LANGUAGE plpgsql
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $one$
DECLARE
    v_gives CONSTANT bigint := CASE p_phase WHEN 'posted' THEN p_amount WHEN 'pending' THEN p_amount
                                            WHEN 'post' THEN p_amount - p_held ELSE -p_held END;
    v_posted CONSTANT bigint := CASE WHEN p_phase IN ('posted', 'post') THEN p_amount ELSE 0 END;
    v_pending CONSTANT bigint := v_gives - v_posted;
    v_resolves bigint;
    v_transfer bigint;
    v_pools bigint[] := '{}';
    v_left bigint[] := '{}';
    v_bad jsonb;
    v_sequence bigint;
    v_hash text;
    v_prev text;
    d record;
    c record;
    r record;
BEGIN
    o_replayed := false;
    o_flips := false;
    o_sealed := false;
    IF p_reservation IS NOT NULL THEN
        SELECT x.transfer_id INTO v_resolves FROM factors_reservation x
         WHERE x.id = p_reservation AND x.resolved_by_id IS NULL AND x.amount = p_held AND x.pool_id = p_debit
           AND x.holding_id = p_credit AND p_amount <= p_held AND (p_phase = 'post' OR p_amount = p_held)
           FOR UPDATE;
    END IF;
    FOR r IN
        SELECT id, book_id, period, role, closed_on, last_on, may_overdraw,
               credits_posted - debits_posted - debits_pending AS available,
               credits_posted - debits_posted + credits_pending AS secured
          FROM factors_account
         WHERE id = ANY(ARRAY[p_debit, p_credit] || ARRAY(SELECT w.pool_id FROM factors_demand w
                         WHERE w.holding_id IN (p_debit, p_credit) AND w.pool_id IS NOT NULL))
         ORDER BY tier, id FOR UPDATE
    LOOP
        IF r.id = p_debit THEN
            d := r;
        ELSIF r.id = p_credit THEN
            c := r;
        END IF;
        IF r.role = 'pool' THEN
            v_pools := v_pools || r.id;
            v_left := v_left || r.available - CASE r.id WHEN p_debit THEN v_gives WHEN p_credit THEN -v_posted ELSE 0 END;
        END IF;
    END LOOP;
    SELECT p.id, p.year, p.number, true INTO o_id, o_year, o_number, o_replayed FROM factors_posting p WHERE p.key = p_key;
    IF FOUND THEN
        o_sealed := true;
        RETURN;
    END IF;
    o_replayed := false;

    IF p_reservation IS NOT NULL AND v_resolves IS NULL THEN
        v_bad := jsonb_build_object('code', 'not_open', 'reservation', p_reservation);
    ELSIF d IS NULL THEN
        v_bad := jsonb_build_object('code', 'unknown', 'account', p_debit);
    ELSIF c IS NULL THEN
        v_bad := jsonb_build_object('code', 'unknown', 'account', p_credit);
    ELSIF d.book_id <> c.book_id THEN
        v_bad := jsonb_build_object('code', 'other_book', 'debit', p_debit, 'credit', p_credit);
    ELSIF d.period <> c.period AND p_kind NOT IN ('carry_over', 'reverse') THEN
        v_bad := jsonb_build_object('code', 'other_period', 'debit', p_debit, 'credit', p_credit);
    ELSIF p_kind || ':' || p_phase || ':' || d.role || ':' || c.role <> ALL (/*LEGAL*/) THEN
        v_bad := jsonb_build_object('code', 'illegal', 'kind', p_kind, 'phase', p_phase,
                                    'debit', p_debit, 'credit', p_credit);
    ELSIF d.closed_on IS NOT NULL AND p_phase IN ('posted', 'pending') THEN
        v_bad := jsonb_build_object('code', 'closed', 'account', p_debit);
    ELSIF c.closed_on IS NOT NULL AND p_phase IN ('posted', 'pending') THEN
        v_bad := jsonb_build_object('code', 'closed', 'account', p_credit);
    ELSIF d.last_on > p_day THEN
        v_bad := jsonb_build_object('code', 'backdated', 'account', p_debit, 'last_on', d.last_on);
    ELSIF c.last_on > p_day THEN
        v_bad := jsonb_build_object('code', 'backdated', 'account', p_credit, 'last_on', c.last_on);
    ELSIF v_gives > 0 AND d.available < v_gives AND NOT d.may_overdraw THEN
        v_bad := jsonb_build_object('code', 'insufficient', 'account', p_debit, 'available', d.available,
                                    'wanted', v_gives);
    END IF;
    IF v_bad IS NOT NULL THEN
        RAISE EXCEPTION 'refused' USING ERRCODE = 'LD001', DETAIL = v_bad::text;
    END IF;

    -- What needs no number comes first: every posting waits for the voucher number. Ids are drawn behind it, so they
    -- become visible in their order and "newer than" can be asked by id.
    UPDATE factors_account SET
           debits_posted = debits_posted + CASE id WHEN p_debit THEN v_posted ELSE 0 END,
           debits_pending = debits_pending + CASE id WHEN p_debit THEN v_pending ELSE 0 END,
           credits_posted = credits_posted + CASE id WHEN p_credit THEN v_posted ELSE 0 END,
           credits_pending = credits_pending + CASE id WHEN p_credit THEN v_pending ELSE 0 END,
           last_on = p_day WHERE id IN (p_debit, p_credit);
    -- A demand whose pool was changed while we waited: let the caller look.
    WITH demand AS (
        UPDATE factors_demand w SET secured = CASE w.holding_id WHEN p_credit THEN c.secured + v_posted + v_pending
                                                   ELSE d.secured - v_posted END
         WHERE w.holding_id IN (p_debit, p_credit)
        RETURNING w.pool_id, w.closed_on, w.blocked, w.gap
    )
    SELECT coalesce(bool_or(CASE WHEN w.pool_id IS NULL THEN w.closed_on IS NULL AND w.blocked <> (w.gap > 0)
                                 ELSE w.pool_id <> ALL (v_pools) END), false)
      INTO o_flips FROM demand w;
    FOR i IN 1 .. cardinality(v_pools) LOOP
        EXIT WHEN o_flips;
        o_flips := EXISTS (SELECT 1 FROM factors_demand w WHERE w.pool_id = v_pools[i] AND w.closed_on IS NULL
                              AND NOT w.blocked AND w.gap > v_left[i])
                OR EXISTS (SELECT 1 FROM factors_demand w WHERE w.pool_id = v_pools[i] AND w.closed_on IS NULL
                              AND w.blocked AND w.gap <= v_left[i]);
    END LOOP;
    IF o_flips AND p_alone THEN
        RAISE EXCEPTION 'a demand turns' USING ERRCODE = 'LD002';
    END IF;

    PERFORM set_config('synchronous_commit', 'off', true);  -- as in factors_post
    o_year := extract(year FROM p_day);
    LOOP
        WITH j AS (
            UPDATE factors_journalyear SET last_number = last_number + 1 WHERE year = o_year RETURNING last_number
        )
        INSERT INTO factors_posting AS p (year, number, key, kind, occurred_on, recorded_at, document_no, summary,
                                          maker_id, checker_id, voucher_id)
        SELECT o_year, j.last_number, p_key, p_kind, p_day, p_now, p_document_no, p_summary, p_maker, p_checker,
               p_voucher FROM j
        RETURNING p.id, p.number INTO o_id, o_number;
        EXIT WHEN FOUND;
        INSERT INTO factors_journalyear (year, last_number) VALUES (o_year, 0) ON CONFLICT (year) DO NOTHING;
    END LOOP;
    IF p_phase = 'pending' THEN
        WITH t AS (
            INSERT INTO factors_transfer (posting_id, line, phase, debit_id, credit_id, amount, expires_on)
            VALUES (o_id, 1, p_phase, p_debit, p_credit, p_amount, p_expires_on) RETURNING id
        )
        INSERT INTO factors_reservation (transfer_id, pool_id, holding_id, amount, reserved_on, expires_on, renewed)
        SELECT t.id, p_debit, p_credit, p_amount, p_day, p_expires_on, p_renewed FROM t;
    ELSE
        INSERT INTO factors_transfer AS t (posting_id, line, phase, debit_id, credit_id, amount, resolves_id, expires_on)
        VALUES (o_id, 1, p_phase, p_debit, p_credit, p_amount, v_resolves, p_expires_on)
        RETURNING t.id INTO v_transfer;
        IF p_reservation IS NOT NULL THEN
            UPDATE factors_reservation x SET resolved_by_id = v_transfer WHERE x.id = p_reservation;
        END IF;
    END IF;
    IF NOT p_seal OR o_flips THEN
        RETURN;
    END IF;

    -- As factors_seal.
    SELECT h.sequence + 1, h.hash INTO v_sequence, v_prev FROM people_audithead h WHERE h.id = 1 FOR UPDATE;
    IF NOT FOUND THEN
        v_sequence := 1;
        v_prev := repeat('0', 64);
        INSERT INTO people_audithead (id, sequence, hash) VALUES (1, 0, v_prev);
    END IF;
    v_hash := encode(sha256(convert_to(
        '[' || v_sequence || ',' || p_head || ',"' || o_id || '",' || p_tail || ',"' || v_prev || '"]', 'UTF8')), 'hex');
    WITH h AS (UPDATE people_audithead SET sequence = v_sequence, hash = v_hash WHERE id = 1)
    INSERT INTO people_auditentry (sequence, at, kind, by_id, by_name, ip, target_type, target_id, target_text, detail,
                                   prev_hash, hash)
    VALUES (v_sequence, p_now, 'ledger.posting', p_by, p_by_name, p_ip, 'factors.posting', o_id::text, p_target,
            p_detail::jsonb, v_prev, v_hash);
    o_sealed := true;
END
$one$;

-- A plain entry as a transaction by itself: posted, committed, on disk, in one statement. The caller has no transaction open.
CREATE OR REPLACE PROCEDURE factors_post_alone(
    p_key text, p_kind text, p_day date, p_document_no text, p_summary text, p_maker bigint, p_checker bigint,
    p_voucher bigint, p_phase text, p_debit bigint, p_credit bigint, p_amount bigint, p_reservation bigint,
    p_held bigint, p_expires_on date, p_renewed boolean, p_head text, p_tail text, p_target text, p_detail text,
    p_now timestamptz, p_by bigint, p_by_name text, p_ip inet,
    INOUT o_id bigint, INOUT o_year integer, INOUT o_number integer, INOUT o_replayed boolean
) LANGUAGE plpgsql AS $alone$
BEGIN
    SELECT f.o_id, f.o_year, f.o_number, f.o_replayed INTO o_id, o_year, o_number, o_replayed
      FROM factors_post_one(
        p_key, p_kind, p_day, p_document_no, p_summary, p_maker, p_checker, p_voucher, p_phase, p_debit, p_credit, p_amount,
        p_reservation, p_held, p_expires_on, p_renewed, p_head, p_tail, p_target, p_detail, p_now, p_by, p_by_name, p_ip,
        true, true) f;
    COMMIT;  -- lets the locks go
    PERFORM pg_logical_emit_message(true, 'luodi', '');  -- commits when the statement ends, and waits for the disk
END
$alone$;
