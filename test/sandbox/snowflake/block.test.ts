import type { Connection } from 'snowflake-sdk'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { keyPair, refusal, run, signIn, signOut, startTestSnowflake, type TestSnowflake } from './sdk.ts'

let snowflake: TestSnowflake
let one: Connection
let other: Connection
beforeAll(async () => {
  snowflake = await startTestSnowflake()
  one = await signIn(keyPair(snowflake.connection))
  other = await signIn(keyPair(snowflake.connection))
  await run(one, 'CREATE SCHEMA _MILLRACE')
  await run(one, 'CREATE TABLE _MILLRACE.FENCES (SYNC VARCHAR, EPOCH NUMBER(19,0), OWNER VARCHAR)')
})
beforeEach(async () => {
  await run(one, 'ROLLBACK')
  await run(one, 'TRUNCATE TABLE _MILLRACE.FENCES')
  await run(one, "INSERT INTO _MILLRACE.FENCES VALUES ('people', 1, 'run-1')")
})
afterAll(async () => {
  await signOut(one)
  await signOut(other)
  await snowflake.remove()
})

const block = (text: string) => `EXECUTE IMMEDIATE $$${text}$$`

const commitAs = (owner: string) =>
  block(`
DECLARE
  fenced EXCEPTION (-20001, 'another run holds the fence');
  found NUMBER;
  holder VARCHAR;
BEGIN
  BEGIN TRANSACTION;
  UPDATE _MILLRACE.FENCES SET EPOCH = EPOCH + 1 WHERE SYNC = 'people';
  found := SQLROWCOUNT;
  SELECT OWNER INTO :holder FROM _MILLRACE.FENCES WHERE SYNC = 'people';
  IF (found <> 1 OR holder <> '${owner}') THEN
    ROLLBACK;
    RAISE fenced;
  END IF;
  COMMIT;
  RETURN 'committed ' || found;
END`)

const epoch = async () => (await run(other, 'SELECT EPOCH FROM _MILLRACE.FENCES'))[0]?.EPOCH

describe('a block', () => {
  test('commits in one round trip, and says what it returned', async () => {
    expect(await run(one, commitAs('run-1'))).toEqual([{ 'anonymous block': 'committed 1' }])
    expect(await epoch()).toBe(2)
  })

  test('that raises ends with the number and words of its exception, and nothing changed', async () => {
    expect(await refusal(run(one, commitAs('run-2')))).toMatch(
      /^-20001 P0001 Uncaught exception of type 'FENCED' on line \d+ at position \d+ : another run holds the fence$/,
    )
    expect(await epoch()).toBe(1)
  })

  test('waits for the lock of another as any statement does', async () => {
    await run(other, 'BEGIN')
    await run(other, 'UPDATE _MILLRACE.FENCES SET EPOCH = 10')
    const waiting = run(one, commitAs('run-1'))
    await expect.poll(() => snowflake.waiting()).toBe(1)
    await run(other, 'COMMIT')
    await waiting
    expect(await epoch()).toBe(11)
  })

  test('handles exceptions of statements, and those that it raises itself', async () => {
    expect(
      await run(
        one,
        block(`
BEGIN
  LET x NUMBER := 0;
  BEGIN
    INSERT INTO _MILLRACE.NO_SUCH VALUES (1);
  EXCEPTION
    WHEN STATEMENT_ERROR THEN x := x + 1;
  END;
  BEGIN
    LET y NUMBER := 1 / 0;
  EXCEPTION
    WHEN OTHER THEN RETURN x || ' ' || SQLSTATE;
  END;
END`),
      ),
    ).toEqual([{ 'anonymous block': '1 22012' }])
  })

  test('loops and branches', async () => {
    expect(
      await run(
        one,
        block(`
DECLARE
  total NUMBER DEFAULT 0;
BEGIN
  FOR i IN 1 TO 4 DO
    IF (i = 3) THEN
      CONTINUE;
    ELSEIF (i = 4) THEN
      total := total + 100;
    ELSE
      total := total + i;
    END IF;
  END FOR;
  WHILE (total < 110) DO
    total := total + 5;
  END WHILE;
  RETURN total;
END`),
      ),
    ).toEqual([{ 'anonymous block': '113' }])
  })

  test('tells the error of a statement that nobody handles', async () => {
    const refused = await refusal(run(one, block('BEGIN\n  SELECT * FROM _MILLRACE.NO_SUCH;\nEND')))
    expect(refused).toMatch(/^002003 .*Uncaught exception of type 'STATEMENT_ERROR' on line \d+ at position \d+ : /)
  })

  test('without RETURN gives null', async () => {
    expect(await run(one, block("BEGIN\n  UPDATE _MILLRACE.FENCES SET OWNER = 'x';\nEND"))).toEqual([
      { 'anonymous block': null },
    ])
  })
})
