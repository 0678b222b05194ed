/** The name of the cluster a request is for, which is the name of its Durable Objects. One Worker has one, for now. */
export const clusterOf = (_request: Request): string => "default";
