// The scenarios, in the order of the recording. They contain no expectations: the notes of clients, calls and handler
// are compared with the recording.
const JSON_V1 = 'json.webpubsub.azure.v1';
const RELIABLE = 'json.reliable.webpubsub.azure.v1';
const PROTOBUF = 'protobuf.webpubsub.azure.v1';
const PROTOBUF_RELIABLE = 'protobuf.reliable.webpubsub.azure.v1';
const ALL_ROLES = ['webpubsub.joinLeaveGroup', 'webpubsub.sendToGroup'];

/** An answer of the handler. */
const json = (value) => ({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) });

/** A frame from bytes and text. */
const pb = (...parts) =>
  Buffer.from(parts.flatMap((part) => (typeof part === 'string' ? [...Buffer.from(part)] : [part])));

export const scenarios = {
  'json connect': async (player) => {
    await player.close(await player.open('a', JSON_V1));
    await player.close(await player.open('b', JSON_V1, { user: null }));
  },
  'json ping and unknown type': async (player) => {
    const a = await player.open('a', JSON_V1);
    await player.send(a, { type: 'ping' });
    await player.send(a, { type: 'PING' });
    await player.send(a, { type: 'nonsense' });
  },
  'json groups with roles': async (player) => {
    const a = await player.open('a', JSON_V1, { roles: ALL_ROLES });
    for (const f of [
      { type: 'joinGroup', group: 'g', ackId: 1 },
      { type: 'joinGroup', group: 'g', ackId: 1 },
      { type: 'joinGroup', group: 'g' },
      { type: 'sendToGroup', group: 'g', ackId: 2, dataType: 'text', data: 'hi' },
      { type: 'sendToGroup', group: 'g', ackId: 3, dataType: 'json', data: { x: [1, null] } },
      { type: 'sendToGroup', group: 'g', ackId: 4, data: 5 },
      { type: 'sendToGroup', group: 'g', ackId: 5, dataType: 'binary', data: 'AAEC' },
      { type: 'sendToGroup', group: 'g', ackId: 6, dataType: 'text', data: 'quiet', noEcho: true },
      { type: 'sendToGroup', group: 'nobody', ackId: 7, dataType: 'text', data: 'x' },
      { type: 'leaveGroup', group: 'g', ackId: 8 },
      { type: 'sendToGroup', group: 'g', ackId: 9, dataType: 'text', data: 'gone' },
      { type: 'leaveGroup', group: 'never', ackId: 10 },
    ])
      await player.send(a, f);
    await player.close(a);
  },
  'json groups without roles': async (player) => {
    const a = await player.open('a', JSON_V1);
    for (const f of [
      { type: 'joinGroup', group: 'g', ackId: 1 },
      { type: 'sendToGroup', group: 'g', ackId: 2, dataType: 'text', data: 'x' },
      { type: 'leaveGroup', group: 'g', ackId: 3 },
      { type: 'joinGroup', group: 'g' },
    ])
      await player.send(a, f);
    await player.close(a);
  },
  'json roles for one group and by pattern': async (player) => {
    const a = await player.open('a', JSON_V1, {
      roles: [
        'webpubsub.joinLeaveGroup.a.b',
        'webpubsub.sendToGroups.x*',
        'webpubsub.joinLeaveGroups.**.z',
        'nonsense',
      ],
    });
    let n = 0;
    for (const [type, group] of [
      ['joinGroup', 'a.b'],
      ['joinGroup', 'a'],
      ['sendToGroup', 'xyz'],
      ['sendToGroup', 'x.y'],
      ['joinGroup', 'p.q.z'],
      ['joinGroup', 'z'],
      ['sendToGroup', 'X1'],
    ])
      await player.send(
        a,
        { type, group, ackId: ++n, ...(type === 'sendToGroup' ? { dataType: 'text', data: 't' } : {}) },
        100,
      );
    await player.close(a);
  },
  'json two clients in a group': async (player) => {
    const [a, b] = [
      await player.open('a', JSON_V1, { groups: ['g'], roles: ALL_ROLES }),
      await player.open('b', RELIABLE, { user: 'bob', groups: ['g'] }),
    ];
    const s = await player.open('s', undefined, { user: 'sue', groups: ['g'] });
    for (const f of [
      { dataType: 'text', data: 'text' },
      { dataType: 'json', data: { k: 'v' } },
      { dataType: 'binary', data: 'AAEC' },
    ])
      await player.send(a, { type: 'sendToGroup', group: 'g', ...f });
    await player.close(a);
    await player.close(b);
    await player.close(s);
  },
  'json events and replies': async (player) => {
    player.hook = (e) =>
      ({
        connect: { status: 204 },
        t: { headers: { 'content-type': 'text/plain' }, body: 'text reply' },
        j: json({ reply: 1 }),
        b: { headers: { 'content-type': 'application/octet-stream' }, body: Buffer.from([1, 2, 3]) },
        charset: { headers: { 'content-type': 'application/json; charset=utf-8' }, body: '[1]' },
        none: { status: 204 },
        empty: { status: 200 },
        notype: { body: 'no type' },
        html: { headers: { 'content-type': 'text/html' }, body: '<p>' },
        bad: { status: 400, body: 'no' },
        state: { headers: { 'ce-connectionState': 'abc' } },
        clear: { headers: { 'ce-connectionState': '' } },
      })[e];
    const a = await player.open('a', JSON_V1, { hub: 'rec' });
    let n = 0;
    for (const event of [
      't',
      'j',
      'b',
      'charset',
      'none',
      'empty',
      'notype',
      'html',
      'bad',
      'state',
      'seen',
      'clear',
      'seen',
    ])
      await player.send(a, { type: 'event', event, ackId: ++n, dataType: 'text', data: 'd' });
    for (const f of [{ dataType: 'json', data: { a: 1 } }, { dataType: 'binary', data: 'AAEC' }, { data: 'default' }])
      await player.send(a, { type: 'event', event: 'seen', ackId: ++n, ...f });
    await player.send(a, { type: 'event', event: 'seen', ackId: n, dataType: 'text', data: 'again' });
    await player.send(a, { type: 'event', event: 'bad', dataType: 'text', data: 'no ack' });
    await player.send(a, { type: 'ping' });
    await player.close(a);
  },
  'connect: what a handler may decide': async (player) => {
    player.hook = (e) =>
      e === 'connect'
        ? json({ userId: 'decided', roles: ['webpubsub.sendToGroup.g'], groups: ['g'], subprotocol: JSON_V1 })
        : undefined;
    const a = await player.open('a', JSON_V1, {
      hub: 'rec',
      user: 'ann',
      roles: ALL_ROLES,
      groups: ['old'],
      claims: { team: ['x', 'y'] },
      query: '&k=1&k=2&sb=q%20r',
    });
    await player.send(a, { type: 'sendToGroup', group: 'g', ackId: 1, dataType: 'text', data: 'x' });
    await player.send(a, { type: 'joinGroup', group: 'old', ackId: 2 });
    await player.close(a);
  },
  'connect: refusals': async (player) => {
    for (const status of [401, 403, 404, 500]) {
      player.hook = (e) =>
        e === 'connect' ? { status, headers: { 'content-type': 'text/plain' }, body: 'why not' } : undefined;
      await player.open(`s${status}`, JSON_V1, { hub: 'rec' });
    }
    player.hook = () => json({ groups: ['  '] });
    await player.open('badgroup', JSON_V1, { hub: 'rec' });
    player.hook = () => ({ body: '{' });
    await player.open('badjson', JSON_V1, { hub: 'rec' });
  },
  'simple client': async (player) => {
    player.hook = (e, b) =>
      e === 'connect'
        ? { headers: { 'ce-connectionState': 's1' } }
        : e === 'message'
          ? json({ got: b.toString() })
          : undefined;
    const a = await player.open('a', undefined, { hub: 'rec' });
    await player.send(a, 'hello');
    await player.send(a, '{"type":"ping"}');
    await player.send(a, Buffer.from([1, 2, 3]));
    await player.close(a);
  },
  'simple client whose handler fails': async (player) => {
    player.hook = (e) => (e === 'message' ? { status: 400 } : undefined);
    const a = await player.open('a', undefined, { hub: 'rec' });
    await player.send(a, 'hello', 600);
  },
  'simple client publishing': async (player) => {
    const b = await player.open('b', JSON_V1, { groups: ['g'], user: 'bob' });
    const a = await player.open('a', undefined, {
      roles: ['webpubsub.sendToGroup.g'],
      query: '&webpubsub_mode=sendToGroup&group=g',
    });
    await player.send(a, 'hello');
    await player.send(a, Buffer.from([0, 1]));
    await player.close(a);
    await player.open('c', undefined, { query: '&webpubsub_mode=other&group=g' });
    await player.open('d', undefined, { query: '&webpubsub_mode=sendToGroup' });
    await player.close(b);
  },
  'custom subprotocol': async (player) => {
    player.hook = (e) =>
      e === 'connect'
        ? json({ subprotocol: 'my.own' })
        : e === 'message'
          ? { headers: { 'content-type': 'text/plain' }, body: 'ok' }
          : undefined;
    const a = await player.open('a', 'my.own', { hub: 'rec' });
    player.note({ chosen: a.socket.protocol });
    await player.send(a, 'hello');
    await player.close(a);
  },
  'reliable: sequence and recovery': async (player) => {
    const a = await player.open('a', RELIABLE, { roles: ALL_ROLES, groups: ['g'] });
    await player.send(a, { type: 'sendToGroup', group: 'g', ackId: 1, dataType: 'text', data: 'one' });
    await player.send(a, { type: 'sendToGroup', group: 'g', ackId: 2, dataType: 'text', data: 'two' });
    await player.send(a, { type: 'sequenceAck', sequenceId: 1 });
    a.socket.terminate();
    await player.sleep(300);
    await player.rest('POST', 'bare/groups/g/:send', { type: 'text/plain', data: 'while away' });
    const back = await player.open('b', RELIABLE, { url: player.recoveryUrl(a) });
    await player.send(back, { type: 'sendToGroup', group: 'g', ackId: 2, dataType: 'text', data: 'again' });
    await player.close(back);
    await player.open('c', RELIABLE, { url: player.recoveryUrl(a) });
    await player.open('d', RELIABLE, { url: player.recoveryUrl({ id: 'none', reconnectionToken: 'x' }) });
  },
  protobuf: async (player) => {
    const a = await player.open('a', PROTOBUF, { roles: ALL_ROLES });
    await player.send(a, Buffer.from('MgcKBWdyb3Vw', 'base64'));
    await player.send(a, pb(0x32, 5, 0x0a, 1, 'g', 0x10, 1));
    await player.send(a, pb(0x0a, 11, 0x0a, 1, 'g', 0x10, 2, 0x1a, 4, 0x0a, 2, 'hi'));
    await player.send(a, pb(0x0a, 11, 0x0a, 1, 'g', 0x10, 3, 0x1a, 4, 0x12, 2, 1, 2));
    await player.send(a, pb(0x0a, 11, 0x0a, 1, 'g', 0x10, 3, 0x1a, 4, 0x22, 2, '{}'));
    await player.send(a, pb(0x4a, 0));
    await player.send(a, pb(0x3a, 5, 0x0a, 1, 'g', 0x10, 4));
    await player.send(a, pb(0x32, 5, 0x0a, 1, 'g', 0x10, 4));
    await player.close(a);
  },
  'protobuf among others': async (player) => {
    const [p, j, s] = [
      await player.open('p', PROTOBUF_RELIABLE, { groups: ['g'], roles: ALL_ROLES }),
      await player.open('j', JSON_V1, { groups: ['g'], roles: ALL_ROLES, user: 'joe' }),
      await player.open('s', undefined, { groups: ['g'], user: 'sue' }),
    ];
    await player.send(j, { type: 'sendToGroup', group: 'g', dataType: 'text', data: 't' });
    await player.send(j, { type: 'sendToGroup', group: 'g', dataType: 'json', data: { a: 1 } });
    await player.send(j, { type: 'sendToGroup', group: 'g', dataType: 'binary', data: 'AAEC' });
    await player.send(p, pb(0x0a, 9, 0x0a, 1, 'g', 0x1a, 4, 0x0a, 2, 'hi'));
    for (const c of [p, j, s]) await player.close(c);
  },
  'protobuf events': async (player) => {
    player.hook = (e) => (e === 'connect' ? undefined : { headers: { 'content-type': 'text/plain' }, body: 'pong' });
    const a = await player.open('a', PROTOBUF, { hub: 'rec' });
    await player.send(a, pb(0x2a, 11, 0x0a, 1, 'e', 0x12, 4, 0x0a, 2, 'hi', 0x18, 1));
    await player.close(a);
  },
  'rest: sending': async (player) => {
    const [a, s] = [
      await player.open('a', JSON_V1, { groups: ['g'] }),
      await player.open('s', undefined, { user: 'sue' }),
    ];
    for (const [type, data] of [
      ['text/plain', 'text'],
      ['application/json', '{"a":1}'],
      ['application/json', '"str"'],
      ['application/octet-stream', Buffer.from([0, 1, 2])],
      ['text/plain; charset=utf-8', 'ü'],
      [undefined, 'untyped'],
      ['application/json', '{bad'],
      ['text/html', '<p>'],
      ['text/plain', ''],
    ])
      await player.rest('POST', 'bare/:send', { type, data });
    await player.rest('POST', 'bare/groups/g/:send', { type: 'text/plain', data: 'to g' });
    await player.rest('POST', 'bare/users/ann/:send', { type: 'text/plain', data: 'to ann' });
    await player.rest('POST', `bare/connections/${a.id}/:send`, { type: 'text/plain', data: 'to a' });
    for (const p of ['groups/none', 'users/none', 'connections/none'])
      await player.rest('POST', `bare/${p}/:send`, { type: 'text/plain', data: 'x' });
    await player.rest('POST', `bare/:send?excluded=${a.id}`, { type: 'text/plain', data: 'not a' });
    await player.rest('POST', "bare/:send?filter=userId%20eq%20'sue'", { type: 'text/plain', data: 'sue' });
    await player.rest('POST', 'bare/:send?filter=userId%20eq', { type: 'text/plain', data: 'x' });
    await player.rest('POST', 'bare/:send?messageTtlSeconds=301', { type: 'text/plain', data: 'x' });
    await player.close(a);
    await player.close(s);
  },
  'rest: groups and existence': async (player) => {
    const a = await player.open('a', JSON_V1);
    for (const [m, p] of [
      ['HEAD', `connections/${a.id}`],
      ['HEAD', 'connections/none'],
      ['HEAD', 'users/ann'],
      ['HEAD', 'users/none'],
      ['HEAD', 'groups/g'],
      ['PUT', `groups/g/connections/${a.id}`],
      ['PUT', 'groups/g/connections/none'],
      ['HEAD', 'groups/g'],
      ['GET', 'groups/g/connections'],
      ['GET', 'groups/none/connections'],
      ['GET', 'groups/g/connections?maxpagesize=0'],
      ['DELETE', `groups/g/connections/${a.id}`],
      ['DELETE', 'groups/g/connections/none'],
      ['PUT', 'users/ann/groups/h'],
      ['PUT', 'users/none/groups/h'],
      ['DELETE', 'users/ann/groups/h'],
      ['DELETE', 'users/none/groups/h'],
      ['DELETE', 'users/ann/groups'],
      ['DELETE', `connections/${a.id}/groups`],
      ['PUT', `groups/%20/connections/${a.id}`],
    ])
      await player.rest(m, `bare/${p}`, { ms: 30 });
    for (const d of [
      { groups: ['g', 'h'], filter: "userId eq 'ann'" },
      { groups: [] },
      { groups: ['g'], filter: 'nosuch' },
      '{',
    ]) {
      await player.rest('POST', 'bare/:addToGroups', { type: 'application/json', data: d, ms: 30 });
      await player.rest('POST', 'bare/:removeFromGroups', { type: 'application/json', data: d, ms: 30 });
    }
    await player.close(a);
  },
  'rest: permissions': async (player) => {
    const a = await player.open('a', JSON_V1);
    const p = (perm, q = '?targetName=g') => `bare/permissions/${perm}/connections/${a.id}${q}`;
    await player.rest('HEAD', p('sendToGroup'));
    await player.send(a, { type: 'sendToGroup', group: 'g', ackId: 1, dataType: 'text', data: 'x' });
    await player.rest('PUT', p('sendToGroup'));
    await player.rest('HEAD', p('sendToGroup'));
    await player.send(a, { type: 'sendToGroup', group: 'g', ackId: 1, dataType: 'text', data: 'x' });
    await player.rest('PUT', p('joinLeaveGroup'));
    await player.send(a, { type: 'joinGroup', group: 'g', ackId: 2 });
    await player.rest('DELETE', p('sendToGroup'));
    await player.send(a, { type: 'sendToGroup', group: 'g', ackId: 3, dataType: 'text', data: 'x' });
    await player.rest('PUT', p('sendToGroup', ''));
    await player.rest('PUT', p('other'));
    await player.rest('PUT', 'bare/permissions/sendToGroup/connections/none?targetName=g');
    await player.rest('DELETE', 'bare/permissions/sendToGroup/connections/none?targetName=g');
    await player.close(a);
  },
  'rest: closing': async (player) => {
    const a = await player.open('a', JSON_V1);
    await player.rest('DELETE', `bare/connections/${a.id}?reason=see%20you`);
    const b = await player.open('b', JSON_V1);
    await player.rest('POST', 'bare/users/ann/:closeConnections');
    const s = await player.open('s', undefined, { groups: ['g'] });
    await player.rest('POST', 'bare/groups/g/:closeConnections?reason=x');
    await player.rest('DELETE', 'bare/connections/none');
  },
  'rest: closing is told to the handler': async (player) => {
    player.hook = () => undefined;
    const a = await player.open('a', JSON_V1, { hub: 'rec' });
    await player.rest('DELETE', `rec/connections/${a.id}?reason=see%20you`);
    const b = await player.open('b', RELIABLE, { hub: 'rec' });
    await player.rest('POST', 'rec/:closeConnections');
    const c = await player.open('c', JSON_V1, { hub: 'rec' });
    c.socket.terminate();
    await player.sleep(300);
  },
  'rest: who may call': async (player) => {
    await player.rest('HEAD', 'bare/users/ann', { auth: false });
    await player.rest('HEAD', 'bare/users/ann', { auth: 'nonsense' });
    await player.rest('HEAD', 'bare/users/ann', {
      auth: player.token({ aud: `${player.endpoint}/api/hubs/other/users/ann` }),
    });
    await player.rest('HEAD', 'bare/users/ann', {
      auth: player.token({ aud: `${player.endpoint}/api/hubs/bare/users/ann` }),
    });
    await player.rest('HEAD', 'bare/users/ann', {
      auth: player.token({ aud: `${player.endpoint}/api/hubs/bare/users/ann`, exp: 1000 }),
    });
    await player.rest('GET', 'bare/nosuch');
    await player.rest('HEAD', '1bad/users/ann');
  },
  tokens: async (player) => {
    const t = (c, path = '/client/hubs/bare') =>
      `${player.webSocketEndpoint}${path}?access_token=${player.token({ aud: `${player.endpoint}/client/hubs/bare`, ...c })}`;
    await player.open('none', JSON_V1, { url: `${player.webSocketEndpoint}/client/hubs/bare` });
    await player.open('expired', JSON_V1, { url: t({ exp: 1000 }) });
    await player.open('aud', JSON_V1, { url: t({ aud: `${player.endpoint}/client/hubs/other` }) });
    const c = await player.open('case', JSON_V1, {
      url: t({ aud: `${player.endpoint}/client/hubs/BARE` }, '/client/hubs/Bare'),
    });
    await player.open('badgroup', JSON_V1, { url: t({ 'webpubsub.group': [' '] }) });
    await player.close(c);
  },
};
