/** containerd's event service and the two events the daemon reads. Field numbers are those of the published API. */
export const eventServices = {
  "containerd.services.events.v1.Events": { Subscribe: ["SubscribeRequest", "stream Envelope"] },
} as const;

export const eventMessages: { readonly [name: string]: string } = {
  SubscribeRequest: "1 filters repeated string",
  /** `timestamp` (1) is not read. The event is a google.protobuf.Any, spelled out here as it has the same form. */
  Envelope: "2 namespace string, 3 topic string, 4 event EventAny",
  EventAny: "1 type_url string, 2 value bytes",
  /** containerd.events.TaskExit: `id` is the exec's, or the container's when its main process ended. */
  TaskExit: "1 container_id string, 2 id string, 3 pid uint32, 4 exit_status uint32",
  TaskOOM: "1 container_id string",
};
