/** What conformance asks of the volumes that a kubelet writes, on pods that run. */
import { describe, expect, it } from "vitest";
import { eventually } from "../e2e/harness.ts";
import { WEB_IMAGE } from "../images/busybox.ts";
import type { Any, Nodes, Space } from "./nodes-kit.ts";

export interface KubeletTests {
  api(): Nodes;
  space(): Space;
  /** @returns its path */
  create(name: string, container: object, more?: object): Promise<string>;
  /** Makes a ConfigMap or Secret. @returns its path */
  data(kind: string, name: string, of: { [key: string]: string }): Promise<string>;
  /** What a script prints in a pod of its own. */
  said(name: string, script: string, container?: object, more?: object): Promise<string>;
  readyPod(name: string): Promise<Any>;
}

type Make = (fields: { items?: object[]; defaultMode?: number; optional?: boolean; name?: string }) => object;

/** The same content as each kind of volume. */
const SOURCES: readonly [what: string, kind: "ConfigMap" | "Secret", make: Make][] = [
  ["ConfigMap", "ConfigMap", ({ name = "map", ...fields }) => ({ configMap: { name, ...fields } })],
  ["Secrets", "Secret", ({ name = "hidden", ...fields }) => ({ secret: { secretName: name, ...fields } })],
  [
    "Projected configMap",
    "ConfigMap",
    ({ name = "map", defaultMode, ...fields }) => ({
      projected: { sources: [{ configMap: { name, ...fields } }], ...(defaultMode && { defaultMode }) },
    }),
  ],
  [
    "Projected secret",
    "Secret",
    ({ name = "hidden", defaultMode, ...fields }) => ({
      projected: { sources: [{ secret: { name, ...fields } }], ...(defaultMode && { defaultMode }) },
    }),
  ],
];

const slug = (text: string): string => text.toLowerCase().replaceAll(" ", "-");

export function volumeTests({ api, space, create, data, said, readyPod }: KubeletTests): void {
  describe.concurrent("[sig-storage]", () => {
    let shared: Promise<unknown> | undefined;
    const objects = () => {
      shared ??= Promise.all([
        data("ConfigMap", "map", { "data-1": "value-1", "data-2": "value-2" }),
        data("Secret", "hidden", { "data-1": "value-1", "data-2": "value-2" }),
      ]);
      return shared;
    };
    const mountedAt = (...names: string[]) => names.map((name) => ({ name, mountPath: `/${name}` }));

    it.for(SOURCES)(
      "%s should be consumable from pods in volume with defaultMode, mappings and Item mode, as non-root, in multiple volumes [Conformance]",
      async ([what, , make]) => {
        await objects();
        const items = (mode?: number) => [{ key: "data-2", path: "path/to/data-2", ...(mode && { mode }) }];
        const volumes = [
          { name: "plain", ...make({}) },
          { name: "moded", ...make({ defaultMode: 0o400 }) },
          { name: "mapped", ...make({ items: items(0o400) }) },
          { name: "again", ...make({ items: items() }) },
        ];
        const text = await said(
          slug(what),
          "cat /plain/data-1 /mapped/path/to/data-2 /again/path/to/data-2; echo; " +
            "stat -Lc %a /plain/data-1 /moded/data-1 /mapped/path/to/data-2",
          { volumeMounts: mountedAt("plain", "moded", "mapped", "again") },
          { volumes },
        );
        expect(text).toBe("value-1value-2value-2\n644\n400\n400\n");
        const other = await said(
          `${slug(what)}-other`,
          "cat /grouped/data-1; echo; stat -Lc '%a %g' /grouped/data-1",
          { volumeMounts: mountedAt("grouped") },
          {
            volumes: [{ name: "grouped", ...make({ defaultMode: 0o440 }) }],
            securityContext: { runAsUser: 1000, fsGroup: 1001 },
          },
        );
        expect(other).toBe("value-1\n440 1001\n");
      },
    );

    it.for(SOURCES)(
      "%s updates and optional updates should be reflected in volume [Conformance]",
      async ([what, kind, make]) => {
        const name = (part: string) => `${slug(what)}-${part}`;
        const [deleted, updated] = await Promise.all([
          data(kind, name("deleted"), { key: "1" }),
          data(kind, name("updated"), { key: "1" }),
        ]);
        const parts = ["deleted", "updated", "created"];
        await create(
          name("follows"),
          { command: ["sh", "-c", "trap 'exit 0' TERM; sleep 600 & wait"], volumeMounts: mountedAt(...parts) },
          { volumes: parts.map((part) => ({ name: part, ...make({ name: name(part), optional: true }) })) },
        );
        await readyPod(name("follows"));
        const seen = () =>
          space().sh(name("follows"), "for f in deleted updated created; do cat /$f/key 2>/dev/null || echo -; done");
        expect(await seen()).toBe("11-\n");
        await api().delete(deleted);
        await api().patch(updated, kind === "Secret" ? { stringData: { key: "2" } } : { data: { key: "2" } });
        await data(kind, name("created"), { key: "3" });
        await eventually("all changes", 30_000, async () => (await seen()) === "-\n23");
      },
    );

    it("Downward API volume should provide fields and resources with modes, and update labels and annotations on modification [Conformance]", async () => {
      const field = (path: string, fieldPath: string) => ({ path, fieldRef: { fieldPath } });
      const resource = (path: string, of: string, divisor?: string) => ({
        path,
        resourceFieldRef: { containerName: "main", resource: of, ...(divisor && { divisor }) },
      });
      const files = [
        field("name", "metadata.name"),
        field("labels", "metadata.labels"),
        { ...field("annotations", "metadata.annotations"), mode: 0o440 },
        resource("cpu-request", "requests.cpu", "1m"),
        resource("memory-limit", "limits.memory"),
        resource("cpu-limit", "limits.cpu"),
      ];
      await create(
        "downward-volume",
        {
          command: ["sh", "-c", "trap 'exit 0' TERM; sleep 600 & wait"],
          resources: { requests: { cpu: "20m" }, limits: { memory: "64Mi" } },
          volumeMounts: mountedAt("plain", "projected"),
        },
        {
          volumes: [
            { name: "plain", downwardAPI: { items: files, defaultMode: 0o400 } },
            { name: "projected", projected: { sources: [{ downwardAPI: { items: files } }] } },
          ],
        },
      );
      const pod = await readyPod("downward-volume");
      const { allocatable } = (await api().get(`/api/v1/nodes/${pod.spec.nodeName}`)).status;
      for (const volume of ["plain", "projected"]) {
        const text = await space().sh(
          "downward-volume",
          `cd /${volume}; for f in name labels cpu-request memory-limit cpu-limit; do cat $f; echo; done`,
        );
        expect(text).toBe(`downward-volume\nname="downward-volume"\n20\n${64 * 1024 * 1024}\n${allocatable.cpu}\n`);
      }
      expect(await space().sh("downward-volume", "stat -Lc %a /plain/name /plain/annotations")).toBe("400\n440\n");
      await api().patch(space().path("pods/downward-volume"), {
        metadata: { labels: { more: "1" }, annotations: { builder: "bar" } },
      });
      await eventually("both", 30_000, async () => {
        const text = await space().sh("downward-volume", "cat /plain/labels /projected/annotations");
        return text.includes('more="1"') && text.includes('builder="bar"');
      });
    });

    it("EmptyDir volumes: mode, medium, user and sharing between containers [Conformance]", async () => {
      const volumes = [
        { name: "disk", emptyDir: {} },
        { name: "memory", emptyDir: { medium: "Memory" } },
      ];
      const write = (mode: string) =>
        `for v in disk memory; do echo x > /$v/${mode}; chmod ${mode} /$v/${mode}; done; `;
      const script = `stat -c %a /disk /memory; stat -fc %T /memory; ${["0644", "0666", "0777"].map(write).join("")} stat -c '%a %u' /disk/0* /memory/0*`;
      for (const user of [0, 1001]) {
        const text = await said(
          `empty-${user}`,
          script,
          { volumeMounts: mountedAt("disk", "memory"), securityContext: { runAsUser: user } },
          { volumes },
        );
        const files = ["644", "666", "777"].map((mode) => `${mode} ${user}\n`).join("");
        expect(text).toBe(`777\n777\ntmpfs\n${files}${files}`);
      }
      const shared = await said(
        "shared",
        "until cat /disk/file 2>/dev/null; do sleep 0.1; done",
        { volumeMounts: mountedAt("disk") },
        {
          volumes,
          initContainers: [
            {
              name: "writer",
              image: WEB_IMAGE,
              restartPolicy: "Always",
              command: ["sh", "-c", "trap 'exit 0' TERM; echo shared > /disk/file; sleep 600 & wait"],
              volumeMounts: mountedAt("disk"),
            },
          ],
        },
      );
      expect(shared).toBe("shared\n");
    });

    it("Projected combined should project all components that make up the projection API [Conformance]", async () => {
      await objects();
      const sources = [
        { configMap: { name: "map", items: [{ key: "data-1", path: "a/map" }] } },
        { secret: { name: "hidden", items: [{ key: "data-2", path: "a/hidden" }] } },
        { downwardAPI: { items: [{ path: "a/name", fieldRef: { fieldPath: "metadata.name" } }] } },
        { serviceAccountToken: { path: "a/token", audience: "here" } },
      ];
      const text = await said(
        "combined",
        "cd /all/a; cat map hidden name; echo; cut -d. -f2 token | wc -l",
        { volumeMounts: mountedAt("all") },
        { volumes: [{ name: "all", projected: { sources } }] },
      );
      expect(text).toBe("value-1value-2combined\n1\n");
    });

    it("Subpath: of configmap, secret, downward and projected volumes, over an existing file too [Conformance]", async () => {
      await objects();
      const items = [{ path: "sub/name", fieldRef: { fieldPath: "metadata.name" } }];
      const volumes = [
        { name: "map", configMap: { name: "map" } },
        { name: "hidden", secret: { secretName: "hidden" } },
        { name: "down", downwardAPI: { items } },
        { name: "projected", projected: { sources: [{ downwardAPI: { items } }] } },
      ];
      const volumeMounts = [
        { name: "map", mountPath: "/etc/passwd", subPath: "data-1" },
        { name: "hidden", mountPath: "/one", subPath: "data-2" },
        { name: "down", mountPath: "/down", subPath: "sub" },
        { name: "projected", mountPath: "/projected", subPath: "sub/name" },
      ];
      expect(await said("subpaths", "cat /etc/passwd /one /down/name /projected", { volumeMounts }, { volumes })).toBe(
        "value-1value-2subpathssubpaths",
      );
    });

    it("EmptyDir wrapper volumes should not conflict, nor race when used for configmaps [Conformance]", async () => {
      const names = Array.from({ length: 50 }, (_, i) => `racy-${i}`);
      await Promise.all(names.map((name) => data("ConfigMap", name, { key: name })));
      const volumes = names.map((name) => ({ name, configMap: { name } }));
      const texts = await Promise.all(
        ["a", "b", "c"].map((pod) =>
          said(`racy-${pod}`, "cat /racy-*/key | wc -c", { volumeMounts: mountedAt(...names) }, { volumes }),
        ),
      );
      expect(texts).toEqual(Array(3).fill(`${names.join("").length}\n`));
    });
  });
}
