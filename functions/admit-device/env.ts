export type AdmitDeviceEnv = 'DEVICES_TABLE';
