import { mkdirSync, writeFileSync, utimesSync } from 'node:fs';
import { existsSync, rmSync } from 'node:fs';
import { captureTree, WorkerPool } from './index.ts';
import { Scene } from './test-trees.ts';
import { StoreCopies } from '../../../coordination/src/backup-set/store-copies.ts';
const workers = new WorkerPool(1);
const scene = new Scene(workers);
const N = Number(process.argv[2] ?? 20000);
for (let i = 0; i < N; i++) {
  const d = `${scene.root}/20097/${20100 + (i % 400)}/${1000 + i}`;
  mkdirSync(d, { recursive: true });
  writeFileSync(`${d}/1.0`, 'x' + i);
  writeFileSync(`${d}/2.0~0a1b2c3d-0000-4000-8000-${String(i).padStart(12, '0')}`, 'y' + i);
}
const cpu = () => { const u = process.cpuUsage(); return (u.user + u.system) / 1000; };
for (let r = 0; r < 6; r++) {
  const t = performance.now(), c = cpu();
  const res = await captureTree(scene.options);
  console.log('round', r, Math.round(performance.now() - t), 'ms', Math.round(cpu() - c), 'cpu ms', String(res.entries), String(res.bytesWire));
}
scene.remove();
await workers.close();
