/** Names of our nftables tables, all of family ip. */
export const NETWORK_TABLE = "kedge-network";
export const SERVICES_TABLE = "kedge-services";
export const DNS_TABLE = "kedge-dns";
export const API_TABLE = "kedge-api";
