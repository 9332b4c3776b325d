//! Handles past one machine: object stores by OpenDAL, a folder and an S3 server alike, and files by SFTP. The servers
//! run on loopback, each test has its own. What comes out is compared with what went in, by another way than it took.

mod examples;
mod faults;
mod object_store;
mod s3_server;
mod sftp;
mod ssh_server;
mod support;
