/** Where this project lies. */

/** Its folder: on the disk in a checkout, on a server where it is used as a package. */
export const projectRoot: URL = new URL("../../", import.meta.url);

/** Whether the project is a checkout, whose files can be read and may change. */
export const isCheckout: boolean = projectRoot.protocol === "file:";
