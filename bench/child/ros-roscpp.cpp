// A node of ROS on roscpp. Arguments: its role and its name, as in lib/ros-play.ts; it answers as lib/answer.ts does.
#include <ros/ros.h>
#include <sensor_msgs/Image.h>
#include <std_msgs/String.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

namespace {

std::mutex said;

void say(const std::string& result) {
  std::lock_guard<std::mutex> lock(said);
  std::cout << "answer: {\"result\":" << result << "}" << std::endl;
}

double now() { return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double quantile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  const double at = (values.size() - 1) * part;
  const size_t low = at, high = std::min(low + 1, values.size() - 1);
  return values[low] + (values[high] - values[low]) * (at - low);
}

class Counter {
 public:
  template <class T>
  void came(const boost::shared_ptr<T const>&) {
    std::lock_guard<std::mutex> lock(mutex_);
    seen_++;
    count_++;
    settle();
  }
  long seen() {
    std::lock_guard<std::mutex> lock(mutex_);
    return seen_;
  }
  void reset() {
    std::lock_guard<std::mutex> lock(mutex_);
    count_ = awaited_ = 0;
  }
  void expect(long count) {
    std::lock_guard<std::mutex> lock(mutex_);
    awaited_ = count;
    settle();
  }

 private:
  void settle() {
    if (awaited_ == 0 || count_ < awaited_) return;
    count_ -= awaited_;
    awaited_ = 0;
    say("null");
  }
  std::mutex mutex_;
  long seen_ = 0, count_ = 0, awaited_ = 0;
};

// The words of a request: a list in JSON of texts without special characters, and numbers.
std::vector<std::string> words(std::string line) {
  for (char& c : line)
    if (c == '[' || c == ']' || c == '"' || c == ',') c = ' ';
  std::istringstream in(line);
  std::vector<std::string> found;
  for (std::string word; in >> word;) found.push_back(word);
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string role = argv[1], name = argv[2];
  const auto topic = [&](const std::string& last) { return "/" + name + "/" + last; };
  ros::init(argc, argv, name + "_" + role, ros::init_options::AnonymousName | ros::init_options::NoRosout | ros::init_options::NoSigintHandler);
  ros::NodeHandle handle;
  const uint32_t queue = 100000;
  const auto hints = ros::TransportHints().tcpNoDelay();
  Counter counter;
  std::vector<ros::Subscriber> subscribers;
  ros::Publisher text, image;
  std::vector<ros::Publisher> hundred;
  std::mutex mutex;
  std::condition_variable back;
  bool came = false;
  ros::AsyncSpinner spinner(1);

  if (role == "subscribe") {
    subscribers.push_back(handle.subscribe<std_msgs::String>(topic("text"), queue, &Counter::came<std_msgs::String>, &counter, hints));
    subscribers.push_back(handle.subscribe<sensor_msgs::Image>(topic("image"), queue, &Counter::came<sensor_msgs::Image>, &counter, hints));
  } else if (role == "publish") {
    text = handle.advertise<std_msgs::String>(topic("text"), queue);
    image = handle.advertise<sensor_msgs::Image>(topic("image"), queue);
  } else if (role == "ping") {
    text = handle.advertise<std_msgs::String>(topic("ping"), queue);
    subscribers.push_back(handle.subscribe<std_msgs::String>(topic("pong"), queue, boost::function<void(const std_msgs::String::ConstPtr&)>([&](const std_msgs::String::ConstPtr&) {
      std::lock_guard<std::mutex> lock(mutex);
      came = true;
      back.notify_one();
    }), ros::VoidConstPtr(), hints));
  } else if (role == "echo") {
    text = handle.advertise<std_msgs::String>(topic("pong"), queue);
    subscribers.push_back(handle.subscribe<std_msgs::String>(
      topic("ping"), queue, boost::function<void(const std_msgs::String::ConstPtr&)>([&](const std_msgs::String::ConstPtr& message) { text.publish(message); }),
      ros::VoidConstPtr(), hints));
  } else if (role == "robot") {
    for (int i = 0; i < 100; i++) hundred.push_back(handle.advertise<std_msgs::String>(topic("t" + std::to_string(i)), 100));
  } else {
    std::cerr << "roscpp does not play " << role << std::endl;
    return 1;
  }
  spinner.start();
  say("\"ready\"");

  ros::Timer timer;
  for (std::string line; std::getline(std::cin, line);) {
    const auto request = words(line);
    const std::string& what = request[0];
    if (what == "seen") {
      say(std::to_string(counter.seen()));
    } else if (what == "reset") {
      counter.reset();
      say("null");
    } else if (what == "expect") {
      counter.expect(std::stol(request[1]));
    } else if (what == "send") {
      const long size = std::stol(request[2]), count = std::stol(request[3]);
      if (request[1] == "text") {
        std_msgs::String message;
        message.data = std::string(size - 4, 'a');
        for (long i = 0; i < count; i++) text.publish(message);
      } else {
        sensor_msgs::Image message;
        message.height = 1;
        message.width = message.step = size;
        message.encoding = "mono8";
        message.data.assign(size, 7);
        for (long i = 0; i < count; i++) image.publish(message);
      }
      say("null");
    } else if (what == "calls") {
      while (text.getNumSubscribers() == 0) ros::WallDuration(0.05).sleep();
      std_msgs::String message;
      message.data = std::string(60, 'a');
      std::vector<double> took;
      for (long i = 0, count = std::stol(request[1]); i < count; i++) {
        const double began = now();
        text.publish(message);
        std::unique_lock<std::mutex> lock(mutex);
        back.wait_for(lock, std::chrono::seconds(5), [&] { return came; });
        came = false;
        took.push_back(now() - began);
      }
      say("{\"p50\":" + std::to_string(quantile(took, 0.5)) + ",\"p99\":" + std::to_string(quantile(took, 0.99)) + "}");
    } else if (what == "begin") {
      timer = handle.createTimer(ros::Duration(1.0 / std::stod(request[1])), [&](const ros::TimerEvent&) {
        std_msgs::String message;
        message.data = std::string(60, 'a');
        for (auto& publisher : hundred) publisher.publish(message);
      });
      say("null");
    }
  }
  _exit(0);  // its connections end with it
}
