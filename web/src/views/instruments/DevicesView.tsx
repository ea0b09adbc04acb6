/** Devices: a live chart of each, its last values, and commands to it. */

import { useSwitchboard } from '@switchboard/client/react';
import { useCallback, useState } from 'react';

import type { Me } from '../../identity/identity';
import { plural } from '../../platform/format';
import { usePolling } from '../../platform/hooks';
import type { Route } from '../../platform/route';
import { Empty, Failed, Loading } from '../../ui/states';
import { DeviceCard } from './DeviceCard';

interface DeviceRecord {
  readonly deviceId: string;
  readonly lastSeenAt: string | null;
}

const EVERY_MS = 10_000;
/** Each one is a target of the connection, which has at most 20. */
const MAX_SHOWN = 12;

export function DevicesView({ me }: { route: Route; me: Me }) {
  const { http } = useSwitchboard();
  const [devices, setDevices] = useState<readonly DeviceRecord[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const load = useCallback(() => {
    http
      .request<{ devices: DeviceRecord[] }>('GET', 'devices')
      .then((answer) => {
        setDevices(answer.devices);
        setError(null);
      })
      .catch(setError);
  }, [http]);
  const hasRight = me.roles.includes('devices') || me.roles.includes('publisher');
  usePolling(load, EVERY_MS, hasRight);
  return (
    <div className="page" tabIndex={0}>
      <header className="view-bar">
        <div className="titles">
          <h1>Devices</h1>
          <p>{devices === null ? 'Telemetry, live' : plural(devices.length, 'device')}</p>
        </div>
      </header>
      {!hasRight ? (
        <Empty icon="device" title="You lack the right “devices”">
          It is a role in your token. Sign in again with it to see telemetry.
        </Empty>
      ) : error !== null && devices === null ? (
        <Failed what="Devices" error={error} onRetry={load} />
      ) : devices === null ? (
        <Loading label="Loading devices" />
      ) : devices.length === 0 ? (
        <Empty icon="device" title="No device has sent anything yet">
          Start with <code>cargo run -- dev --devices 3</code> to have some simulated ones.
        </Empty>
      ) : (
        <div className="page-body wide">
          <div className="cards wide">
            {devices.slice(0, MAX_SHOWN).map((device) => (
              <DeviceCard
                key={device.deviceId}
                deviceId={device.deviceId}
                mayCommand={me.roles.includes('publisher')}
              />
            ))}
          </div>
        </div>
      )}
    </div>
  );
}
